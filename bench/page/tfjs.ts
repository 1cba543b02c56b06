import * as tf from "@tensorflow/tfjs";
import type { TfNamespace } from "../../src/engines/tfjs/engine.js";
import type { BenchNetwork } from "../networks.js";
import type { PeerSession, TfjsPeer } from "../peers/session.js";
import { openTfjs } from "../peers/tfjs.js";
import { webglAdapter, webgpuAdapter } from "./describe.js";

type BackendName = "cpu" | "wasm" | "webgl" | "webgpu";

const BACKENDS: Readonly<Record<TfjsPeer, BackendName>> = {
  "tfjs-cpu": "cpu",
  "tfjs-wasm": "wasm",
  "tfjs-grad": "wasm",
  "tfjs-webgl": "webgl",
  "tfjs-webgpu": "webgpu",
  "tfjs-webgpu-grad": "webgpu",
};

/**
 * TensorFlow.js in a worker, on one thread.
 *
 * @throws Error where this browser lacks what the backend needs
 */
export async function openPageTfjs(bench: BenchNetwork, peer: TfjsPeer): Promise<PeerSession> {
  const backend = BACKENDS[peer];
  await provide(backend);
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs cannot set its backend ${backend} here`);
  return openTfjs(tf as unknown as TfNamespace, bench, peer, await deviceOf(backend));
}

async function provide(backend: BackendName): Promise<void> {
  if (backend === "webgpu") await import("@tensorflow/tfjs-backend-webgpu");
  if (backend !== "wasm") return;
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  // With more threads it is a build of its own, whose workers a bundler does not find.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const simd = new URL(
    "../../node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
    import.meta.url,
  ).href;
  setWasmPaths({
    "tfjs-backend-wasm-simd.wasm": simd,
    "tfjs-backend-wasm.wasm": simd,
    "tfjs-backend-wasm-threaded-simd.wasm": simd,
  });
}

async function deviceOf(backend: BackendName): Promise<string | undefined> {
  if (backend === "webgl") return webglAdapter()?.name;
  return backend === "webgpu" ? (await webgpuAdapter())?.adapter.name : undefined;
}
