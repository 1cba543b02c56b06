import { type Step, UNCLAMPED } from "../node.js";
import type { ForwardContext } from "../wasm/lowering.js";
import { Buffer, entry, f32, Place } from "../wasm/tape.js";
import { type Geometry, isPlain } from "./geometry.js";
import { forwardLength, packSparse, SPARSE_FILTERS, SPARSE_ROWS } from "./pack.js";
import { sparseForwardWork } from "./work.js";

/**
 * Whether a convolution skips inputs of 0: they come out of a relu, and the kernel is of the shape that
 * `conv_forward_sparse_3x16` knows. A weight that is infinite or NaN would show where it is skipped.
 */
export function suitsSparse(step: Step, g: Geometry, { sparse }: ForwardContext): boolean {
  return (
    sparse(step.inputs[0]) &&
    g.kernel[0] === SPARSE_ROWS &&
    g.kernel[1] > 1 &&
    isPlain(g) &&
    g.depth % 4 === 0 &&
    Math.ceil(g.filters / 8) % 2 === 0 &&
    g.weights.every(Number.isFinite)
  );
}

/** Where the dense kernel finds out whether it has a layer to do. */
export interface SparseChoice {
  readonly nonzeros: Buffer;
  readonly most: number;
}

/** Lists the inputs that are not 0, then multiplies those if they are few. */
export function sparseForward(
  step: Step,
  g: Geometry,
  { tuning, memory, emit, value, patterns }: ForwardContext,
): SparseChoice {
  const tableBytes = 64 * Math.ceil((4 * g.height * (g.width + 1)) / 64);
  const distance = 4 * g.height * g.width * g.depth;
  // Table and lists are one buffer: who reads the table follows it to the lists, so both must live as long.
  const table = new Buffer(tableBytes + 2 * distance);
  const bias = new Float32Array(SPARSE_FILTERS * Math.ceil(g.filters / SPARSE_FILTERS));
  if (g.bias) bias.set(g.bias);
  const most = Math.floor(tuning.sparseShare * distance);
  const clamp = step.clamp ?? UNCLAMPED;
  emit(
    entry("nonzero_list", step.node.name, g.height, {
      x: value(step.inputs[0]),
      width: g.width,
      channels: g.depth,
      gap: 0,
      step: 4 * SPARSE_FILTERS * SPARSE_ROWS,
      skip: 0,
      table,
      entries: new Place(table, tableBytes),
      distance,
      patterns,
    }),
  );
  emit(
    entry(
      "conv_forward_sparse_3x16",
      step.node.name,
      (bias.length / SPARSE_FILTERS) * g.outWidth,
      {
        table,
        distance,
        weights: memory.place({
          length: forwardLength(g.taps, g.depth, g.filters, SPARSE_FILTERS),
          write: (packed) => packSparse(g.weights, g.kernel[1], g.depth, g.filters, packed),
        }),
        bias: memory.place(bias),
        y: value(step.output),
        residual: step.residual ? value(step.residual) : 0,
        height: g.height,
        width: g.width,
        kernelWidth: g.kernel[1],
        padTop: g.pads[0],
        padLeft: g.pads[1],
        depth: g.depth,
        filters: g.filters,
        outHeight: g.outHeight,
        outWidth: g.outWidth,
        yPixel: 4 * g.filters,
        low: f32(clamp.low),
        high: f32(clamp.high),
        most,
      },
      { groups: bias.length / SPARSE_FILTERS, work: sparseForwardWork },
    ),
  );
  return { nonzeros: table, most };
}
