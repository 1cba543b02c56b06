import * as ort from "onnxruntime-web/wasm";
import type { BenchNetwork } from "../networks.js";
import { openOnnxruntime } from "../peers/onnxruntime.js";
import type { PeerSession } from "../peers/session.js";

/** ONNX Runtime Web in a worker; it starts workers of its own for threads. */
export function openPageOnnxruntime(bench: BenchNetwork, threads: number): Promise<PeerSession> {
  ort.env.wasm.wasmPaths = {
    wasm: new URL("../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm", import.meta.url)
      .href,
    mjs: new URL("../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.mjs", import.meta.url).href,
  };
  return openOnnxruntime(ort as unknown as typeof import("onnxruntime-web"), bench, threads);
}
