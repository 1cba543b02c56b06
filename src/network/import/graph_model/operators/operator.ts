import type { OpName } from "../../../spec.js";
import type { Operand } from "../../dataflow/activation.js";
import type { TfNode } from "../node.js";

/** What a TensorFlow operator becomes. */
export interface TfOperator {
  /** What it may become; nothing where it only renames axes or is computed once. */
  readonly operators: readonly OpName[];
  /** Its outputs: one, or a list. */
  run(node: TfNode): Operand | readonly Operand[];
  /**
   * Whether it may read an image that SpaceToBatchND has spread over the batch: it does the same to every pixel, or minds the
   * spread itself.
   */
  readonly pointwise?: boolean;
}

export type TfOperators = Readonly<Record<string, TfOperator>>;

export function operator(operators: readonly OpName[], run: TfOperator["run"]): TfOperator {
  return { operators, run };
}

export function pointwise(operators: readonly OpName[], run: TfOperator["run"]): TfOperator {
  return { operators, run, pointwise: true };
}
