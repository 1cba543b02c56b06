/** Resampling of the spatial axes of images, as ONNX and TensorFlow define it. */

import type { Resize } from "../../spec.js";
import { valueText } from "../failure.js";
import type { Activation } from "./activation.js";
import type { Flow } from "./flow.js";
import { dense } from "./layers.js";
import { replaced } from "./parts.js";
import { float32Tensor } from "./tensor.js";
import { asImage, fromImage, type ImageAxes } from "./window.js";

export interface Sampling {
  readonly mode: "nearest" | "linear" | "cubic";
  /** Where in the source an index of the result lies. */
  readonly coordinates: "half_pixel" | "pytorch_half_pixel" | "align_corners" | "asymmetric";
  /** What `nearest` makes of a coordinate between pixels. */
  readonly rounding: "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil";
  /** Of `cubic`: -0.5 or -0.75. */
  readonly cubicCoefficient?: number;
  /** Where an image shrinks, `linear` and `cubic` take in as many pixels as become one. */
  readonly antialias?: boolean;
  /** Pixels outside have no weight, and the others theirs together; else they are those at the border. */
  readonly excludesOutside?: boolean;
  /** Coordinates are rounded to float32 after every step, as runtimes do: it decides what is nearest to one between two pixels. */
  readonly float32?: boolean;
}

/** No image is longer. */
const LONGEST = 2 ** 16;

/**
 * @param lengths of all axes after it
 * @param factors by which axes grow: what coordinates are computed with, even where lengths are rounded
 */
export function resize(
  flow: Flow,
  x: Activation,
  axes: ImageAxes,
  lengths: readonly number[],
  factors: readonly number[],
  sampling: Sampling,
): Activation {
  const changed = lengths.flatMap((n, axis) => (n !== x.dims[axis] || factors[axis] !== 1 ? [axis] : []));
  if (!changed.every((axis) => lengths[axis] >= 1 && lengths[axis] <= LONGEST))
    flow.reject(`sizes are ${valueText(lengths)}, expected 1 to ${LONGEST}`);
  if (sampling.antialias && !changed.every((axis) => x.dims[axis] <= LONGEST))
    flow.reject(`it shrinks ${valueText(x.dims)}, expected axes of at most ${LONGEST}`);
  if (changed.length === 0) return x;
  if (changed.includes(x.batch)) flow.mixesImages("it resizes");
  const isSpatial = axes.spatial.length <= 2 && changed.every((axis) => axes.spatial.includes(axis));
  const matrices = changed.map((axis) => ({
    axis,
    matrix: weightsOf(x.dims[axis], lengths[axis], factors[axis], sampling),
  }));
  const own = isSpatial ? operatorFor(x, axes, lengths, matrices) : undefined;
  if (own) {
    const image = asImage(flow, x, axes);
    return fromImage(flow, x, axes, flow.add(own, [image.value]));
  }
  // Every axis by itself is a product with a constant matrix.
  return matrices.reduce<Activation>((rest, { axis, matrix }) => {
    const dims = [x.dims[axis], lengths[axis]];
    flow.reserve(dims[0] * dims[1]);
    const data = new Float32Array(dims[0] * dims[1]);
    matrix.forEach((row, i) => {
      for (const [from, weight] of row) data[from * dims[1] + i] += weight;
    });
    return {
      ...dense(flow, rest, axis, float32Tensor(dims, data)),
      dims: replaced(rest.dims, axis, lengths[axis]),
    };
  }, x);
}

/** Which source values make each value of the result, with their weights. */
type Rows = readonly (readonly (readonly [from: number, weight: number])[])[];

/** The operator that samples as the matrices do, if there is one. */
function operatorFor(
  { dims }: Activation,
  { spatial }: ImageAxes,
  lengths: readonly number[],
  matrices: readonly { readonly axis: number; readonly matrix: Rows }[],
): Resize | undefined {
  const size = [lengths[spatial[0]], spatial.length === 2 ? lengths[spatial[1]] : 1] as const;
  for (const mode of ["nearest", "linear"] as const)
    for (const coordinates of ["asymmetric", "half_pixel", "align_corners"] as const) {
      // As Resize is documented: asymmetric coordinates are cut, others rounded with halves up.
      const rounding = coordinates === "asymmetric" ? "floor" : "round_prefer_ceil";
      const agrees = matrices.every(({ axis, matrix }) => {
        const own = weightsOf(dims[axis], lengths[axis], lengths[axis] / dims[axis], {
          mode,
          coordinates,
          rounding,
        });
        return sameRows(own, matrix);
      });
      if (agrees) return { op: "Resize", mode, coordinates, size };
    }
  return undefined;
}

function sameRows(a: Rows, b: Rows): boolean {
  const plain = (rows: Rows) => rows.map((row) => row.filter(([, weight]) => weight !== 0));
  const [left, right] = [plain(a), plain(b)];
  return left.every(
    (row, i) =>
      row.length === right[i].length &&
      row.every(([from, weight], j) => from === right[i][j][0] && Math.abs(weight - right[i][j][1]) < 1e-9),
  );
}

function weightsOf(from: number, to: number, factor: number, sampling: Sampling): Rows {
  return Array.from({ length: to }, (_, i) => {
    const rounded = sampling.float32 === true && sampling.mode === "nearest";
    const at = coordinateOf(i, from, to, factor, sampling.coordinates, rounded ? Math.fround : (x) => x);
    const all = sampling.antialias && factor < 1 ? spreadTaps(at, factor, sampling) : taps(at, sampling);
    return sampling.excludesOutside ? inside(all, from) : merged(all, from);
  });
}

function coordinateOf(
  i: number,
  from: number,
  to: number,
  factor: number,
  coordinates: Sampling["coordinates"],
  round: (x: number) => number,
): number {
  const scale = round(factor);
  switch (coordinates) {
    case "asymmetric":
      return round(i / scale);
    case "half_pixel":
      return round(round((i + 0.5) / scale) - 0.5);
    case "pytorch_half_pixel":
      return to > 1 ? round(round((i + 0.5) / scale) - 0.5) : 0;
    case "align_corners":
      return to > 1 ? round(round(i * (from - 1)) / (to - 1)) : 0;
  }
}

/** Pixels beside a coordinate, some of them outside, with their weights. */
function taps(at: number, { mode, rounding, cubicCoefficient = -0.75 }: Sampling): [number, number][] {
  const below = Math.floor(at);
  const t = at - below;
  if (mode === "nearest") return [[rounded(at, rounding), 1]];
  if (mode === "linear")
    return [
      [below, 1 - t],
      [below + 1, t],
    ];
  return [-1, 0, 1, 2].map((step) => [below + step, cubic(step - t, cubicCoefficient)]);
}

/** Keys's kernel. */
function cubic(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d >= 2) return 0;
  return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}

/** The same kernels, wider by as much as the image shrinks, so that no pixel is passed over. */
function spreadTaps(
  at: number,
  factor: number,
  { mode, cubicCoefficient = -0.75 }: Sampling,
): [number, number][] {
  const radius = (mode === "cubic" ? 2 : 1) / factor;
  const first = Math.floor(at - radius) + 1;
  const found = Array.from({ length: Math.ceil(at + radius) - first }, (_, i): [number, number] => {
    const distance = (first + i - at) * factor;
    const weight = mode === "cubic" ? cubic(distance, cubicCoefficient) : Math.max(0, 1 - Math.abs(distance));
    return [first + i, weight];
  });
  return normalised(found);
}

function normalised(all: readonly [number, number][]): [number, number][] {
  const sum = all.reduce((total, [, weight]) => total + weight, 0);
  return all.map(([at, weight]) => [at, weight / sum]);
}

/** Pixels outside left out. */
function inside(all: readonly [number, number][], length: number): [number, number][] {
  return normalised(all.filter(([at]) => at >= 0 && at < length));
}

function rounded(at: number, rounding: Sampling["rounding"]): number {
  switch (rounding) {
    case "floor":
      return Math.floor(at);
    case "ceil":
      return Math.ceil(at);
    case "round_prefer_ceil":
      return Math.floor(at + 0.5);
    case "round_prefer_floor":
      return Math.ceil(at - 0.5);
  }
}

/** Pixels outside are those at the border. */
function merged(all: readonly [number, number][], length: number): [number, number][] {
  const weights = new Map<number, number>();
  for (const [at, weight] of all) {
    const inside = Math.min(Math.max(at, 0), length - 1);
    weights.set(inside, (weights.get(inside) ?? 0) + weight);
  }
  return [...weights].sort(([a], [b]) => a - b);
}
