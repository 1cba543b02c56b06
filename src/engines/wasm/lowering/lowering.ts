import type { Step } from "../../../network/fuse.js";
import type { Operator } from "../../../network/spec.js";
import type { BackwardContext } from "../backward.js";
import type { ForwardContext, Kept } from "../forward.js";

/** How one operator becomes kernel calls, forward and backward. */
export interface Lowering<O extends Operator = Operator> {
  /** Emits what computes the step's output; returns what its vjp will read besides values. */
  forward(step: Step<O>, context: ForwardContext): Kept;
  /** Emits what adds the step's share to the cotangents of its inputs. */
  vjp(step: Step<O>, context: BackwardContext): void;
  /** Bytes of a thread's scratch that its kernels need. */
  scratchBytes?(step: Step<O>): number;
}

export const NOTHING: Kept = {};
