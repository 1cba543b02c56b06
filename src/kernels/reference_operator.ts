import type { AnyOperator, Node } from "./node.js";

/**
 * The maths of one operator on one image, in float64: the definition that every other spelling of the
 * operator is tested against.
 *
 * Arrays are flat, row-major, channels last, of the per-image shapes in the node. Arguments are never
 * written to. A result may be an argument itself where the operator moves nothing (`Identity`, `Reshape`,
 * the vjp of `Add`), so the caller must not write to results either.
 */
export interface ReferenceOperator<O extends AnyOperator = AnyOperator> {
  /** The node's output, of shape `node.shape`. */
  forward(node: Node<O>, inputs: readonly Float64Array[]): Float64Array;
  /**
   * Vector-Jacobian product: for each input i, `sum_o cotangent[o] * d output[o] / d inputs[i]`, of shape
   * `node.inputShapes[i]`. `inputs` and `output` are what `forward` read and made.
   */
  vjp(
    node: Node<O>,
    inputs: readonly Float64Array[],
    output: Float64Array,
    cotangent: Float64Array,
  ): Float64Array[];
}
