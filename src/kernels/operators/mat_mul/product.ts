import { type Node, sizeOf } from "../../node.js";
import type { MatMul } from "./spec.js";

/** Distances between neighbours in an operand, in values. */
export interface OperandStrides {
  /** From one product to the next; 0: the same operand for all. */
  readonly batch: number;
  /** Along the axis that it shares with the output. */
  readonly outer: number;
  /** Along the axis that is summed over. */
  readonly depth: number;
}

/** `batches` products `y[m, n] = sum_k a[m, k] b[k, n]`, 0 <= m < rows, 0 <= n < columns, 0 <= k < depth. */
export interface MatrixProduct {
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly a: OperandStrides;
  readonly b: OperandStrides;
}

export function productOf({ shape, inputShapes: [a, b], transposeB }: Node<MatMul>): MatrixProduct {
  const [rows, columns] = shape.slice(-2);
  const depth = a[a.length - 1];
  const batches = sizeOf(shape) / (rows * columns);
  const single = (size: number, matrix: number) => (size === matrix ? 0 : matrix);
  return {
    batches,
    rows,
    columns,
    depth,
    a: { batch: single(sizeOf(a), rows * depth), outer: depth, depth: 1 },
    b: {
      batch: single(sizeOf(b), depth * columns),
      outer: transposeB ? depth : 1,
      depth: transposeB ? 1 : columns,
    },
  };
}
