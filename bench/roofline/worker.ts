import { parentPort, workerData } from "node:worker_threads";
import { allowRelaxedSimd } from "../relaxed.js";
import { type Probe, Prober } from "./probe.js";

/** Runs probes on a thread of its own: `{ probe, milliseconds }` in, the rate out. */
const { bytes, megabytes, relaxed } = workerData as {
  bytes: Uint8Array<ArrayBuffer>;
  megabytes: number;
  relaxed: boolean;
};
if (relaxed) allowRelaxedSimd();
const prober = new Prober(bytes, megabytes);
parentPort?.on("message", ({ probe, milliseconds }: { probe: Probe; milliseconds: number }) => {
  parentPort?.postMessage(prober.rate(probe, milliseconds));
});
