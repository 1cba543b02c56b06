import { type Shape, sizeOf } from "./node.js";

/** A value as rows of its last axis. */
export interface Rows {
  readonly rows: number;
  /** Values of a row. */
  readonly depth: number;
}

export function rowsOf(shape: Shape): Rows {
  const depth = shape[shape.length - 1];
  return { rows: sizeOf(shape) / depth, depth };
}

/** Calls back with the first place after each row and the one that it begins at. */
export function forEachRow({ rows, depth }: Rows, visit: (begin: number, end: number) => void): void {
  for (let row = 0; row < rows; row++) visit(row * depth, (row + 1) * depth);
}
