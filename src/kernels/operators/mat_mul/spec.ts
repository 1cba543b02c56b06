import { rejectNode, shapeText } from "../../checks.js";
import {
  CHANGES_VALUES,
  FOLDS_NOTHING,
  FUSES_NOTHING,
  mixes,
  type OperatorFacts,
  WITHOUT_WEIGHTS,
} from "../../facts.js";
import { type NodeSpec, type Shape, sizeOf } from "../../node.js";
import { type Part, wholeOf } from "../../part.js";

/**
 * Product of two values as matrices on their last two axes: `[.., M, K]` by `[.., K, N]` is `[.., M, N]`. Leading axes, heads say,
 * are the same in both, or one of them has none or ones only and is used for all. A dense layer, whose matrix is the
 * model's own, is `Gemm`.
 */
export interface MatMul {
  readonly op: "MatMul";
  /** The second is given as `[.., N, K]`. Default false. */
  readonly transposeB?: boolean;
}

export const facts: OperatorFacts<MatMul> = {
  inputs: [2, 2],
  shape: productShape,
  ...WITHOUT_WEIGHTS,
  multiplyAdds: ({ shape, inputShapes: [a] }) => sizeOf(shape) * a[a.length - 1],
  ...CHANGES_VALUES,
  ...FOLDS_NOTHING,
  narrowed: (node, part) => {
    const [a, b] = node.inputShapes;
    const axis = node.shape.length - 2;
    const [start, end] = [part.starts[axis], part.ends[axis]];
    const rowsOf = (shape: Shape): Part => ({
      starts: shape.map((_, i) => (i === shape.length - 2 ? start : 0)),
      ends: shape.map((n, i) => (i === shape.length - 2 ? end : n)),
    });
    return { node, part: rowsOf(node.shape), inputs: [rowsOf(a), wholeOf(b)] };
  },
  ...FUSES_NOTHING,
  channelwise: false,
  liveness: mixes,
};

function productShape(node: NodeSpec<MatMul>, [a, b]: readonly Shape[]): Shape {
  const { transposeB } = node;
  if (transposeB !== undefined && typeof transposeB !== "boolean")
    rejectNode(node, `transposeB is ${typeof transposeB}, expected a boolean`);
  const form = transposeB ? "[.., M, K] and [.., N, K]" : "[.., M, K] and [.., K, N]";
  const reject = (): never =>
    rejectNode(node, `input shapes are ${shapeText(a)} and ${shapeText(b)}, expected ${form}`);
  if (a.length < 2 || b.length < 2) return reject();
  const [leadA, leadB] = [a.slice(0, -2), b.slice(0, -2)];
  const [rows, depth] = a.slice(-2);
  const [depthB, columns] = transposeB ? b.slice(-2).reverse() : b.slice(-2);
  if (depth !== depthB) return reject();
  return [...leadingShape(leadA, leadB, reject), rows, columns];
}

/** Leading axes of a product: those of both, or those of the operand that has any but ones. */
function leadingShape(a: Shape, b: Shape, reject: () => never): Shape {
  const [batchesA, batchesB] = [sizeOf(a), sizeOf(b)];
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const missing = long.length - short.length;
  const aligned = long.map((n, axis) => Math.max(n, short[axis - missing] ?? 1));
  if (batchesA === 1 || batchesB === 1) return aligned;
  if (a.length !== b.length || a.some((n, axis) => n !== b[axis])) return reject();
  return a;
}
