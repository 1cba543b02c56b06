/** The worker of a peer: TensorFlow.js on one of its backends through our tfjs engine, or ONNX Runtime Web. */
import { networkSources } from "../networks.js";
import { complaintOf, type PeerAnswer, type PeerRequest, peerAnswers } from "../peers/answer.js";
import { pageBase, pageFiles } from "./page_files.js";
import type { WorkerScope } from "./protocol.js";

const scope = globalThis as unknown as WorkerScope<PeerAnswer | { readonly error: string }, PeerRequest>;

// Loaded by the peer that asks: a worker has one of the packages.
const answer = peerAnswers(networkSources(pageFiles(pageBase())), async (peer, bench, threads) => {
  if (peer !== "onnxruntime") return (await import("./tfjs.js")).openPageTfjs(bench, peer);
  return (await import("./onnxruntime.js")).openPageOnnxruntime(bench, threads);
});

scope.addEventListener("message", ({ data }) => {
  answer(data).then(
    (found) => scope.postMessage(found),
    (error: unknown) => scope.postMessage({ error: complaintOf(error) }),
  );
});
