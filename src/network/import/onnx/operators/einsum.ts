/** Einstein's sum, by its equation. */

import { einsum } from "../../dataflow/einsum.js";
import { type OnnxOperators, operator } from "./operator.js";

export const EINSUM: OnnxOperators = {
  Einsum: operator(["MatMul", "Gemm", "Mul"], (node) => einsum(node, node.text("equation", ""), node.all)),
};
