/**
 * A value that does not depend on the image: no inputs, so no vjp. Operand of `Add`, `Sub` and `Mul`.
 *
 * Layout: `data` is row-major of `shape`. Exact in float32.
 */
import type { Constant } from "../../network/spec.js";
import type { ReferenceOperator } from "../reference_operator.js";

export const constant: ReferenceOperator<Constant> = {
  forward: ({ data }) => Float64Array.from(data),
  vjp: () => [],
};
