/**
 * A value that does not depend on the image: no inputs, so no vjp. Operand of `Add`, `Sub` and `Mul`.
 *
 * Layout: `data` is row-major of `shape`. Exact in float32.
 */
import { linear } from "../../float32/linear.js";
import { absolute } from "../../float32/rule.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import type { Constant } from "./spec.js";

export const reference: ReferenceOperator<Constant> = {
  forward: ({ data }) => Float64Array.from(data),
  vjp: () => [],
};

export const float32 = /* @__PURE__ */ linear<Constant>({
  reference,
  absolute: (node, offset) => ({
    ...node,
    data: offset ? absolute(node.data) : new Float32Array(node.data.length),
  }),
  forward: () => 0,
  vjp: () => 0,
});
