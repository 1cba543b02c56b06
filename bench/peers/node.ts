/**
 * A JavaScript peer as a process: TensorFlow.js through our tfjs engine, or ONNX Runtime Web. Reads one JSON object a
 * line from stdin and answers with one, as `pytorch.py` does.
 */

import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { sources } from "../node_files.js";
import { complaintOf, type PeerRequest, peerAnswers } from "./answer.js";
import { openNodeTfjs } from "./node_tfjs.js";
import { openOnnxruntime } from "./onnxruntime.js";

/** The process writes what is long to the file that `out` names. */
type Request = PeerRequest & { readonly out?: string };

// Packages that log would break the protocol.
console.log = console.info = console.error;

const answer = peerAnswers(sources, async (peer, bench, threads) =>
  peer === "onnxruntime"
    ? openOnnxruntime(await import("onnxruntime-web"), bench, threads)
    : openNodeTfjs(bench, peer),
);

async function reply(request: Request): Promise<object> {
  const found = await answer(request);
  if (!("result" in found)) return found;
  const { result, how } = found;
  const out = request.out as string;
  if ("values" in result) await writeFile(out, result.values);
  if ("perturbation" in result) await writeFile(out, result.perturbation);
  const plain = Object.fromEntries(
    Object.entries(result)
      .filter(([key]) => key !== "values" && key !== "perturbation")
      .map(([key, value]) => [key, ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value]),
  );
  return { ...plain, how };
}

for await (const line of createInterface({ input: process.stdin })) {
  const text = await reply(JSON.parse(line) as Request).catch((error: unknown) => ({
    error: complaintOf(error),
  }));
  process.stdout.write(`${JSON.stringify(text)}\n`);
}
process.exit(0);
