import type { Case, Result } from "../case.js";

export type TfjsPeer = "tfjs-wasm" | "tfjs-cpu" | "tfjs-grad" | "tfjs-webgpu" | "tfjs-webgpu-grad";

/** Peers that are JavaScript packages: `node.ts` runs them. */
export type NodePeer = TfjsPeer | "onnxruntime";

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
