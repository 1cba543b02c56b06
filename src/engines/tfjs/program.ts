import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import type { Shape } from "../../network/spec.js";

/**
 * A classifier that can be run forward and backward on tfjs: what the engine drives. Inputs are what the network
 * sees; the map from pixels is the engine's.
 */
export interface Program {
  readonly inputShape: Shape;
  readonly classes: number;
  readonly classNames?: readonly string[];
  /** float32 values that one image needs in a forward pass, and its largest single value; for sizing batches. */
  readonly valuesPerImage: number;
  readonly largestValue: number;
  /** Logits `[N, C]`; the caller disposes of them. */
  logits(x: Tensor): Tensor2D;
  /** A forward pass that can be followed by backward sweeps. */
  start(x: Tensor): Run;
  dispose(): void;
}

/** One forward pass, with what its backward sweeps need. */
export interface Run {
  /** `[N, C]`, owned by the run. */
  readonly logits: Tensor2D;
  /** `[N, K, ...inputShape]` of seeds `[N, K, C]`; the caller disposes of it. */
  gradients(seeds: Tensor3D): Tensor;
  dispose(): void;
}

/**
 * How the K gradients of an image are computed. `replicate`: the K cotangents ride in the batch axis of one
 * backward sweep. `loop`: one sweep after the other.
 */
export type Formulation = "replicate" | "loop";
