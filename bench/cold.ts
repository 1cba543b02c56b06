/** A fresh process that creates one engine and calls it twice: `cold.mjs NETWORK VARIANT THREADS`. Prints JSON. */
import { createWasmEngine } from "../src/engines/wasm/engine.js";
import { factsOf } from "../src/kernels/operators/facts_of.js";
import { sizeOf } from "../src/network/spec.js";
import { sources } from "./node_files.js";
import { allowRelaxedSimd } from "./relaxed.js";
import type { ColdStart } from "./report.js";

const MB = 1e6;
const [name, variant, threads] = process.argv.slice(2);
const source = sources.find((s) => s.name === name);
if (!source) throw new Error(`no network ${name}`);
if (variant === "relaxed-flag") allowRelaxedSimd();
const { network, input, images } = await source.load(1);
const image = images.values.subarray(0, sizeOf(network.input.shape));
const weights = 4 * network.nodes.flatMap((n) => factsOf(n).weights(n)).reduce((sum, w) => sum + w.length, 0);
// Kilobytes, whatever the platform.
const before = (process.resourceUsage().maxRSS * 1024) / MB;
const laps = [performance.now()];
const engine = await createWasmEngine(network, input, {
  deterministic: variant === "simd",
  threads: Number(threads),
});
laps.push(performance.now());
for (let i = 0; i < 2; i++) {
  await engine.jacobian(image, { classes: Math.min(10, network.classes) });
  laps.push(performance.now());
}
const [create, first, second] = [0, 1, 2].map((i) => laps[i + 1] - laps[i]);
globalThis.gc?.();
const memory: ColdStart["memory"] = {
  weights: weights / MB,
  engine: engine.memoryBytes / MB,
  buffers: process.memoryUsage().arrayBuffers / MB,
  before,
  peak: (process.resourceUsage().maxRSS * 1024) / MB,
};
console.log(JSON.stringify({ create, first, second, memory }));
engine.dispose();
