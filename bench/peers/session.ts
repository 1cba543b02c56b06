import type { Case, Op, Result } from "../case.js";
import type { BenchNetwork } from "../networks.js";

export type TfjsPeer =
  | "tfjs-wasm"
  | "tfjs-cpu"
  | "tfjs-grad"
  | "tfjs-webgl"
  | "tfjs-webgpu"
  | "tfjs-webgpu-grad";

/** Peers that are JavaScript packages. Each runs by itself: in Node in a process, in a page in a worker. */
export type ScriptPeer = TfjsPeer | "onnxruntime";

/** What a peer can do once it is open. */
export interface PeerSession {
  readonly version: string;
  prepare(c: Case): Promise<PeerCall>;
}

/** The call to time, and how or on what it computes, where there is a choice. */
export interface PeerCall {
  readonly call: () => Promise<Result>;
  readonly how?: string;
}

/** Opens a peer on a network, on so many threads. */
export type OpenPeer = (peer: ScriptPeer, bench: BenchNetwork, threads: number) => Promise<PeerSession>;

/** What a peer computes. */
export function opsOf(peer: ScriptPeer): readonly Op[] {
  return peer === "onnxruntime" ? ["logits"] : ["logits", "jacobian", "gradient", "deepfool_step"];
}

/** Its engine, and its variant in the names of rows. */
export function labelsOf(
  peer: ScriptPeer,
  version: string,
  threads: number,
): { readonly engine: string; readonly variant: string; readonly threads: number } {
  const [engine, ...backend] = peer.split("-");
  const name = [...backend, version, threads === 1 ? undefined : `${threads}t`];
  return { engine, variant: name.filter(Boolean).join("-"), threads };
}
