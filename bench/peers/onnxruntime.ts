import { type Shape, sizeOf } from "../../src/network/spec.js";
import type { BenchNetwork } from "../networks.js";
import { onnxFile } from "./onnx_file.js";
import type { PeerSession } from "./session.js";

/** ONNX Runtime Web on its WebAssembly SIMD backend; forward passes only. */
export async function openOnnxruntime(
  ort: typeof import("onnxruntime-web"),
  { network, input, images, onnx }: BenchNetwork,
  threads: number,
): Promise<PeerSession> {
  const model = onnx ? await onnx() : onnxFile(network);
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  // It takes as many as there are processors, and without shared memory one.
  const got = ort.env.wasm.numThreads;
  if (got !== threads) throw new Error(`asked for ${threads} threads, got ${got}`);
  const { shape } = network.input;
  const size = sizeOf(shape);
  return {
    version: ort.env.versions.web ?? "",
    async prepare({ batch, first = 0 }) {
      const pixels = images.values.subarray(first * size, (first + batch) * size);
      const normalised = pixels.map((x, i) => x * input.scale[i % shape[2]] + input.offset[i % shape[2]]);
      const tensor = new ort.Tensor("float32", channelsFirst(normalised, shape), [
        batch,
        shape[2],
        shape[0],
        shape[1],
      ]);
      const feeds = { [session.inputNames[0]]: tensor };
      return {
        call: async () => {
          const outputs = await session.run(feeds);
          return { op: "logits", logits: outputs[session.outputNames[0]].data as Float32Array };
        },
      };
    },
  };
}

/** `[N][H][W][C]` to `[N][C][H][W]`. */
export function channelsFirst(values: Float32Array, [height, width, channels]: Shape): Float32Array {
  const plane = height * width;
  return values.map((_, i) => {
    const n = Math.floor(i / (plane * channels));
    const c = Math.floor(i / plane) % channels;
    return values[(n * plane + (i % plane)) * channels + c];
  });
}
