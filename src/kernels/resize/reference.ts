/**
 * Spatial resampling: a sparse matrix on each of the two axes.
 *
 *     y[i, j, c] = sum_{r, t} A0[i, r] A1[j, t] x[r, t, c],    dx[r, t, c] = sum_{i, j} A0[i, r] A1[j, t] dy[i, j, c]
 *
 * Row i of A has one entry 1 (`nearest`) or two neighbours with weights 1 - f and f (`linear`). With n input and
 * n' output positions on the axis, output i reads the source coordinate s:
 *
 *     asymmetric     s = i n / n'
 *     half_pixel     s = (i + 1/2) n / n' - 1/2
 *     align_corners  s = i (n - 1) / (n' - 1), 0 when n' = 1
 *
 *     nearest        position floor(s) for asymmetric, else floor(s + 1/2)
 *     linear         positions floor(s) and floor(s) + 1, f = s - floor(s)
 *
 * positions clamped to 0 .. n - 1. Used for upsampling layers.
 *
 * Layout: x `[H, W, C]`, y `[size[0], size[1], C]`; any sizes, up or down. Results are new arrays.
 * Cost: `linear` 8 flops an output value.
 *
 * Error of a float32 evaluation, u = 2^-24, with the weights rounded from float64: `nearest` exact forward;
 * `linear` 6 u sum |A0 A1 x|; vjp (m + 4) u sum |A0 A1 dy|, m the number of outputs that read a pixel.
 */
import { type Node, type Resize, sizeOf } from "../../network/spec.js";
import type { ReferenceOperator } from "../reference_operator.js";

export const resize: ReferenceOperator<Resize> = {
  forward(node, [x]) {
    const channels = node.shape[2];
    const y = new Float64Array(sizeOf(node.shape));
    forEachSample(node, (output, input, weight) => {
      for (let c = 0; c < channels; c++) y[output * channels + c] += weight * x[input * channels + c];
    });
    return y;
  },

  vjp(node, [x], _y, dy) {
    const channels = node.shape[2];
    const dx = new Float64Array(x.length);
    forEachSample(node, (output, input, weight) => {
      for (let c = 0; c < channels; c++) dx[input * channels + c] += weight * dy[output * channels + c];
    });
    return [dx];
  },
};

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
