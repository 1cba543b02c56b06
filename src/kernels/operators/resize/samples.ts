/** The resampling matrix; see `reference.ts`. */
import type { Node } from "../../node.js";
import type { Resize } from "./spec.js";

/** Calls `visit` for every entry of the resampling matrix, in pixel numbers of output and input. */
export function forEachSample(
  node: Node<Resize>,
  visit: (output: number, input: number, weight: number) => void,
): void {
  const width = node.inputShapes[0][1];
  const rows = axisSamples(node, 0);
  const columns = axisSamples(node, 1);
  rows.forEach((row, i) => {
    columns.forEach((column, j) => {
      for (const r of row)
        for (const t of column)
          visit(i * columns.length + j, r.position * width + t.position, r.weight * t.weight);
    });
  });
}

/** One input position of an axis and its weight in an output. */
export interface Sample {
  readonly position: number;
  readonly weight: number;
}

/** The rows of A: for each output position of an axis, the input positions that it reads. */
export function axisSamples(node: Node<Resize>, axis: 0 | 1): Sample[][] {
  const { mode, coordinates, rounding, size, inputShapes } = node;
  const inputLength = inputShapes[0][axis];
  const clamp = (position: number) => Math.min(inputLength - 1, Math.max(0, position));
  const round = ROUND[rounding ?? (coordinates === "asymmetric" ? "floor" : "round_prefer_ceil")];
  return Array.from({ length: size[axis] }, (_, i) => {
    const source = sourceCoordinate(node, axis, i);
    if (mode === "nearest") return [{ position: clamp(round(source)), weight: 1 }];
    const lower = Math.floor(source);
    const fraction = source - lower;
    return [
      { position: clamp(lower), weight: 1 - fraction },
      { position: clamp(lower + 1), weight: fraction },
    ];
  });
}

const ROUND: Readonly<Record<NonNullable<Resize["rounding"]>, (source: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: (source) => Math.ceil(source - 0.5),
  round_prefer_ceil: (source) => Math.floor(source + 0.5),
};

function sourceCoordinate(
  { coordinates, size, scales, inputShapes }: Node<Resize>,
  axis: 0 | 1,
  i: number,
): number {
  const [inputs, outputs] = [inputShapes[0][axis], size[axis]];
  if (coordinates === "align_corners") return outputs === 1 ? 0 : (i * (inputs - 1)) / (outputs - 1);
  if (coordinates === "pytorch_half_pixel" && outputs === 1) return 0;
  const scale = scales?.[axis];
  // The product before the division: exact where the quotient is an integer, so that floor is too.
  if (coordinates === "asymmetric") return scale ? i / scale : (i * inputs) / outputs;
  return scale ? (i + 0.5) / scale - 0.5 : ((2 * i + 1) * inputs - outputs) / (2 * outputs);
}
