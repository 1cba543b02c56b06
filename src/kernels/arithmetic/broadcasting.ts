/** Broadcasting in float64 and its transpose, for the references of arithmetic. */
import { type Node, type Shape, sameShape, sizeOf } from "../node.js";
import { broadcastOffsets, gather, scatterAdd } from "../strided.js";

/** Every operand in the shape of the output. */
export function broadcastAll(
  { shape, inputShapes }: Node,
  inputs: readonly Float64Array[],
): readonly Float64Array[] {
  return inputs.map((x, j) =>
    sameShape(inputShapes[j], shape) ? x : gather(x, broadcastOffsets(inputShapes[j], shape)),
  );
}

/** The transpose of broadcasting to `from`: sums over the axes along which a value was repeated. */
export function sumToShape(values: Float64Array, from: Shape, to: Shape): Float64Array {
  return sameShape(from, to) ? values : scatterAdd(values, broadcastOffsets(to, from), sizeOf(to));
}

/** Most terms that one cotangent of operand `input` is a sum of. */
export function repetitions({ shape, inputShapes }: Node, input: number): number {
  return sizeOf(shape) / sizeOf(inputShapes[input]);
}
