import type { OpName } from "../../../spec.js";
import type { Operand } from "../../dataflow/activation.js";
import type { OnnxNode } from "../node.js";

/** What an ONNX operator becomes. */
export interface OnnxOperator {
  /** What it may become; nothing where it only renames axes or is computed once. */
  readonly operators: readonly OpName[];
  /** Its outputs: one, or a list. */
  run(node: OnnxNode): Operand | readonly Operand[];
}

export type OnnxOperators = Readonly<Record<string, OnnxOperator>>;

export function operator(operators: readonly OpName[], run: OnnxOperator["run"]): OnnxOperator {
  return { operators, run };
}
