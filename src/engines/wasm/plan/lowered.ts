import type { Operator } from "../../../kernels/operators/operator.js";
import type { Lowering } from "../../../kernels/wasm/lowering.js";
import type { FusedNetwork, FusedStep } from "../../../network/fuse.js";

/** A step and how it becomes kernel calls. */
export interface LoweredStep extends FusedStep {
  readonly lowering: Lowering<Operator>;
}

/** A network whose steps know their kernels. */
export interface LoweredNetwork extends FusedNetwork {
  readonly steps: readonly LoweredStep[];
}
