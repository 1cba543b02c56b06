/**
 * `y = x`, `dx = dy`: dropout and noise layers at inference.
 *
 * Layout: any shape. Nothing is copied: the result is the argument.
 */
import type { Identity } from "../../network/spec.js";
import type { ReferenceOperator } from "../reference_operator.js";

export const identity: ReferenceOperator<Identity> = {
  forward: (_node, [x]) => x,
  vjp: (_node, _x, _y, dy) => [dy],
};
