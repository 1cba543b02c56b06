/**
 * A JavaScript peer as a process: TensorFlow.js through our tfjs engine, or ONNX Runtime Web. Reads one JSON object a
 * line from stdin and answers with one, as `pytorch.py` does.
 */

import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Case, Result } from "../case.js";
import { timed } from "../measure.js";
import { sources } from "../networks.js";
import { openOnnxruntime } from "./onnxruntime.js";
import type { NodePeer, PeerSession } from "./session.js";
import { openTfjs } from "./tfjs.js";

type Request =
  | {
      readonly do: "open";
      readonly peer: NodePeer;
      readonly network: string;
      readonly images: number;
      readonly threads: number;
    }
  | ({ readonly do: "prepare"; readonly out: string } & Case)
  | { readonly do: "time"; readonly milliseconds: number };

// Packages that log would break the protocol.
console.log = console.info = console.error;

let session: PeerSession | undefined;
let call: () => Promise<Result> = () => Promise.reject(new Error("nothing was prepared"));

async function answer(request: Request): Promise<object> {
  if (request.do === "open") {
    const { peer, threads } = request;
    const source = sources.find((s) => s.name === request.network);
    if (!source) throw new Error(`no network ${request.network}`);
    const load = (): ReturnType<typeof source.load> => source.load(request.images);
    session =
      peer === "onnxruntime"
        ? await openOnnxruntime(await load(), threads)
        : await openTfjs(await load(), peer);
    return { version: session.version };
  }
  if (request.do === "time") return { samples: await timed("peer", call, 0).sample(request.milliseconds) };
  if (!session) throw new Error("no network was opened");
  const prepared = await session.prepare(request);
  call = prepared.call;
  const result = await call();
  if ("values" in result) await writeFile(request.out, result.values);
  if ("perturbation" in result) await writeFile(request.out, result.perturbation);
  const plain = Object.fromEntries(
    Object.entries(result)
      .filter(([key]) => key !== "values" && key !== "perturbation")
      .map(([key, value]) => [key, ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value]),
  );
  return { ...plain, how: prepared.how };
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(JSON.parse(line) as Request).catch((error: unknown) => ({
    error: (error instanceof Error ? error.message : String(error)).split("\n")[0].slice(0, 200),
  }));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
process.exit(0);
