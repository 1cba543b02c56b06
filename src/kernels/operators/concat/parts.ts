import { type Node, sizeOf } from "../../node.js";
import type { Concat } from "./spec.js";

/** The rows that an input contributes, their length, and where they start in an output row. */
export interface Part {
  readonly index: number;
  readonly rows: number;
  readonly run: number;
  readonly total: number;
  readonly offset: number;
}

/** A part for each input: its rows lie between the rows of the others. */
export function partsOf({ inputShapes, axis }: Node<Concat>): readonly Part[] {
  const rows = sizeOf(inputShapes[0].slice(0, axis));
  const runs = inputShapes.map((shape) => sizeOf(shape.slice(axis)));
  const total = runs.reduce((a, b) => a + b, 0);
  let offset = 0;
  return runs.map((run, index) => {
    const part = { index, rows, run, total, offset };
    offset += run;
    return part;
  });
}
