/** What an operator's lowering to dispatches is, and what the planner of `src/engines/webgpu` lends it. */
import type { AnyOperator, Clamp, Step } from "../node.js";
import type { Dispatch, Tensor } from "./dispatch.js";
import type { Share } from "./shader.js";
import type { WeightStorage } from "./weights.js";

/** How one operator becomes dispatches, forward and backward. */
export interface Lowering<O extends AnyOperator = AnyOperator> {
  /** Emits what computes the step's output; returns what its vjp will read besides values. */
  forward(step: Step<O>, context: ForwardContext): Kept;
  /** Emits what adds the step's share to the cotangents of its inputs. */
  vjp(step: Step<O>, context: BackwardContext): void;
}

/** Tensors that a forward step leaves for its vjp, by a name of the step's own. */
export type Kept = Readonly<Record<string, Tensor>>;

export const NOTHING: Kept = {};

export interface ForwardContext {
  readonly emit: (dispatch: Dispatch) => void;
  /** The value of a storage name, `[image][units]`. */
  readonly value: (name: string) => Tensor;
  /** A tensor of the model itself. */
  readonly constant: (label: string, data: Float32Array | Int32Array | Uint32Array) => Tensor;
  /** Room for something besides the output, `[image][units]`. */
  readonly keep: (label: string, units: number) => Tensor;
  /** True if the value depends on the image, so that its cotangent will be wanted. */
  readonly varies: (name: string) => boolean;
  /** How matrices of weights are to lie on the device. */
  readonly weights: WeightStorage;
}

/** Where a step's vjp puts its share: a tensor of its own, the shares so far and which units are live. */
export interface Destination {
  /** `[cotangent][units]`, written whole. */
  readonly target: Tensor;
  /** Structure of the kernel's end. */
  readonly share: Share;
  /** The tensors that this structure reads: `addend`, `value`, `slots`. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** `low` and `high` of the mask. */
  readonly clamp: Clamp;
}

export interface BackwardContext {
  readonly emit: (dispatch: Dispatch) => void;
  readonly value: (name: string) => Tensor;
  readonly constant: (label: string, data: Float32Array | Int32Array | Uint32Array) => Tensor;
  readonly weights: WeightStorage;
  readonly kept: Kept;
  readonly varies: (name: string) => boolean;
  /** The finished cotangent of the step's output, zero at dead units, `[cotangent][units]`. */
  readonly cotangent: Tensor;
  /** The image of the forward pass that each running image was. */
  readonly slots: Tensor;
  /** Room within the step, `[cotangent][units]`. */
  readonly scratch: (label: string, units: number) => Tensor;
  /** Where the step's share of an input's cotangent goes. */
  readonly into: (name: string) => Destination;
  /** Passes the output's cotangent on unchanged, without a copy where that is possible. */
  readonly pass: (name: string) => void;
}
