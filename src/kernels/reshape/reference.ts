/**
 * Row-major reinterpretation: `y[i] = x[i]`, `dx[i] = dy[i]` in flat order; `Flatten` makes a vector.
 *
 * Layout: any two shapes of equal size. Nothing is copied: the result is the argument.
 */
import type { Reshape } from "../../network/spec.js";
import type { ReferenceOperator } from "../reference_operator.js";

export const reshape: ReferenceOperator<Reshape> = {
  forward: (_node, [x]) => x,
  vjp: (_node, _x, _y, dy) => [dy],
};
