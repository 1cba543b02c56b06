/** The resampling matrix; see `reference.ts`. */
import type { Node } from "../../node.js";
import type { Resize } from "./spec.js";

/** Calls `visit` for every entry of the resampling matrix, in pixel numbers of output and input. */
export function forEachSample(
  node: Node<Resize>,
  visit: (output: number, input: number, weight: number) => void,
): void {
  const [height, width] = node.inputShapes[0];
  const rows = axisSamples(node, height, node.size[0]);
  const columns = axisSamples(node, width, node.size[1]);
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
export function axisSamples(
  { mode, coordinates }: Pick<Resize, "mode" | "coordinates">,
  inputLength: number,
  outputLength: number,
): Sample[][] {
  const clamp = (position: number) => Math.min(inputLength - 1, Math.max(0, position));
  return Array.from({ length: outputLength }, (_, i) => {
    const source = sourceCoordinate(coordinates, i, inputLength, outputLength);
    if (mode === "nearest") {
      const position = Math.floor(coordinates === "asymmetric" ? source : source + 0.5);
      return [{ position: clamp(position), weight: 1 }];
    }
    const lower = Math.floor(source);
    const fraction = source - lower;
    return [
      { position: clamp(lower), weight: 1 - fraction },
      { position: clamp(lower + 1), weight: fraction },
    ];
  });
}

function sourceCoordinate(
  coordinates: Resize["coordinates"],
  i: number,
  inputLength: number,
  outputLength: number,
): number {
  // The product before the division: exact where the quotient is an integer, so that floor is too.
  if (coordinates === "asymmetric") return (i * inputLength) / outputLength;
  if (coordinates === "half_pixel") return ((2 * i + 1) * inputLength - outputLength) / (2 * outputLength);
  return outputLength === 1 ? 0 : (i * (inputLength - 1)) / (outputLength - 1);
}
