import type { Step } from "../node.js";
import { defined } from "../scale/lower_wasm.js";
import { type Cotangent, liveFields } from "../wasm/cotangents.js";
import type { BackwardContext } from "../wasm/lowering.js";
import { Buffer, entry, type Field, Place } from "../wasm/tape.js";
import { type Geometry, rowsOf } from "./geometry.js";
import type { SparseChoice } from "./lower_wasm_sparse.js";
import { SPARSE_FILTERS, SPARSE_ROWS } from "./pack.js";
import { type Phase, phasesOf } from "./phases.js";
import { gradientWork, sparseForwardWork } from "./work.js";

/** Channels of the widest tile. */
export const GRADIENT_CHANNELS = 16;

/** Weights as `conv_vjp` and `conv_vjp_grouped` have them, of some of the filters. */
export interface GradientPart {
  readonly weights: Buffer;
  readonly first: number;
  readonly count: number;
}

/** Where the cotangents of all filters lie: `[pixel][pitch]` floats, the first filter's at `offset`. */
interface Cotangents {
  readonly in: Buffer;
  readonly offset: number;
  readonly pitch: number;
}

/** Where a call's results go, and what they start from. */
interface Shares {
  readonly target: Cotangent;
  readonly residual: Buffer | undefined;
}

/**
 * The vjp of one cotangent: a forward convolution of the cotangents on the weights of the vjp, each part of the filters by
 * itself, each remainder of the positions by the strides by itself.
 *
 * @param block channels whose weights lie together
 */
export function convGradient(
  step: Step,
  g: Geometry,
  parts: readonly GradientPart[],
  block: number,
  context: BackwardContext,
): void {
  const [input] = step.inputs;
  const gy = cotangentsOf(step, g, context);
  const { target, residual } = startOf(input, step.node.name, context);
  parts.forEach((part, i) => {
    const shares = { target, residual: i === 0 ? residual : target.buffer };
    const sparse = suitsSparse(step, g, part, block, context)
      ? sparseGradient(step, g, part, block, gy, shares, context)
      : undefined;
    for (const vertical of phasesOf(g, 0))
      for (const horizontal of phasesOf(g, 1))
        dense(step, g, part, block, gy, shares, [vertical, horizontal], sparse, context);
  });
  context.zeroes(input);
}

/** The cotangents of the output, 0 wherever they are dead. */
function cotangentsOf(step: Step, g: Geometry, context: BackwardContext): Cotangents {
  const { sliced } = context;
  const channels = g.filters;
  if (sliced.mask && !sliced.zeroed) return { in: defined(step, context), offset: 0, pitch: channels };
  return { in: sliced.buffer, offset: sliced.slice?.first ?? 0, pitch: sliced.slice?.channels ?? channels };
}

/** A copy of what is not 0 at dead units cannot be added as it is. */
export function startOf(input: string, label: string, context: BackwardContext): Shares {
  const { target, start } = context.intoFrom(input);
  if (start.kind === "zero") return { target, residual: undefined };
  if (start.kind === "accumulate") return { target, residual: target.buffer };
  const { source } = start;
  return {
    target,
    residual: source.mask && !source.zeroed ? context.masked(source, input, label) : source.buffer,
  };
}

/** The tiles that a block of channels can be cut into, and how many pixels each has. */
function tileOf(g: Geometry, block: number, single: boolean) {
  const fits = (channels: number) => block >= g.depth || block % channels === 0;
  if (single && g.depth > 4 && fits(16))
    return { kernel: "conv_gradient_1x16", pixels: 1, channels: 16 } as const;
  if (g.depth > 4 && Math.ceil(g.depth / 8) % 2 === 0 && fits(16))
    return { kernel: "conv_gradient_2x16", pixels: 2, channels: 16 } as const;
  if (g.depth > 4 && fits(8)) return { kernel: "conv_gradient_4x8", pixels: 4, channels: 8 } as const;
  return { kernel: "conv_gradient_7x4", pixels: 7, channels: 4 } as const;
}

/** The fields by which a kernel finds the channels' weights. */
function weightFields(g: Geometry, { weights, count }: GradientPart, block: number) {
  const rowBytes = 4 * block;
  const tapBytes = count * rowBytes;
  return { weights, rowBytes, tapBytes, block, blockBytes: g.taps * tapBytes };
}

/** The fields that say which units of the target are live. */
function targetFields({ target, residual }: Shares, bytes: number) {
  const at = (buffer: Buffer): Field => (bytes === 0 ? buffer : new Place(buffer, bytes));
  return {
    y: at(target.buffer),
    residual: residual ? at(residual) : 0,
    ...liveFields(target.mask, bytes),
  };
}

function dense(
  step: Step,
  g: Geometry,
  part: GradientPart,
  block: number,
  gy: Cotangents,
  shares: Shares,
  [vertical, horizontal]: readonly [Phase, Phase],
  sparse: SparseChoice | undefined,
  { emit, zeros }: BackwardContext,
): void {
  const rows = rowsOf(g);
  const flat = rows.height !== g.height;
  const [outHeight, outWidth] = flat ? [1, rows.width] : [vertical.pixels, horizontal.pixels];
  const { kernel, pixels, channels } = tileOf(g, block, outHeight * outWidth === 1);
  const { rowBytes, tapBytes, ...weights } = weightFields(g, part, block);
  const none = vertical.count === 0 || horizontal.count === 0;
  const firstTap = (vertical.tap * g.kernel[1] + horizontal.tap) * tapBytes;
  const blocks = Math.ceil(g.depth / channels);
  const pixel = 4 * g.channels;
  const taps = none ? 0 : vertical.count * horizontal.count;
  const macs = outHeight * outWidth * taps * part.count * g.channels;
  emit(
    entry(
      kernel,
      step.node.name,
      g.groups * blocks * outHeight * Math.ceil(outWidth / pixels),
      {
        x: new Place(gy.in, 4 * (gy.offset + part.first)),
        ...targetFields(shares, pixel * (vertical.first * g.width + horizontal.first)),
        zeros,
        height: rows.outHeight,
        width: rows.outWidth,
        xRow: 4 * gy.pitch * rows.outWidth,
        xPixel: 4 * gy.pitch,
        kernelHeight: none ? 0 : vertical.count,
        kernelWidth: horizontal.count,
        padTop: -vertical.start,
        padLeft: -horizontal.start,
        dilationHeight: vertical.step,
        dilationWidth: horizontal.step,
        ...weights,
        weights: new Place(part.weights, firstTap),
        rowTapBytes: vertical.tapStep * g.kernel[1] * tapBytes,
        columnTapBytes: horizontal.tapStep * tapBytes,
        rowBytes,
        depth: part.count,
        filters: g.depth,
        xGroup: 4 * g.groupFilters,
        yGroup: 4 * g.depth,
        groupBytes: g.taps * tapBytes,
        outHeight,
        outWidth,
        yRow: pixel * g.width * g.strides[0],
        yPixel: pixel * g.strides[1],
        nonzeros: sparse?.nonzeros ?? 0,
        most: sparse?.most ?? 0,
      },
      { groups: g.groups * blocks, work: gradientWork(macs) },
    ),
  );
}

function suitsSparse(
  step: Step,
  g: Geometry,
  { count }: GradientPart,
  block: number,
  context: BackwardContext,
) {
  const ones = [...g.strides, ...g.dilations, g.groups].every((n) => n === 1);
  return (
    context.sparse(step.output) &&
    g.kernel[0] === SPARSE_ROWS &&
    g.kernel[1] > 1 &&
    ones &&
    count % 4 === 0 &&
    tileOf(g, block, false).channels === SPARSE_FILTERS &&
    g.weights.every(Number.isFinite)
  );
}

/** Lists the cotangents that are not 0, then multiplies those if they are few. */
function sparseGradient(
  step: Step,
  g: Geometry,
  part: GradientPart,
  block: number,
  gy: Cotangents,
  shares: Shares,
  { tuning, emit, patterns }: BackwardContext,
): SparseChoice {
  const [height, width] = [g.outHeight, g.outWidth];
  const tableBytes = 64 * Math.ceil((4 * height * (width + 1)) / 64);
  const distance = 4 * height * width * part.count;
  // Table and lists are one buffer: who reads the table follows it to the lists, so both must live as long.
  const table = new Buffer(tableBytes + 2 * distance);
  const most = Math.floor(tuning.sparseShare * distance);
  const { rowBytes, tapBytes, ...weights } = weightFields(g, part, block);
  emit(
    entry("nonzero_list", step.node.name, height, {
      x: new Place(gy.in, 4 * (gy.offset + part.first)),
      width,
      channels: part.count,
      gap: 4 * (gy.pitch - part.count),
      step: rowBytes,
      skip: -2 * tapBytes,
      table,
      entries: new Place(table, tableBytes),
      distance,
      patterns,
    }),
  );
  const blocks = Math.ceil(g.depth / SPARSE_FILTERS);
  emit(
    entry(
      "conv_gradient_sparse_3x16",
      step.node.name,
      blocks * g.width,
      {
        table,
        distance,
        ...targetFields(shares, 0),
        height,
        width,
        kernelWidth: g.kernel[1],
        padTop: g.kernel[0] - 1 - g.pads[0],
        padLeft: g.kernel[1] - 1 - g.pads[1],
        outHeight: g.height,
        outWidth: g.width,
        ...weights,
        rowTapBytes: g.kernel[1] * tapBytes,
        tapBytes,
        depth: part.count,
        filters: g.depth,
        yPixel: 4 * g.channels,
        most,
      },
      { groups: blocks, work: sparseForwardWork },
    ),
  );
  return { nonzeros: table, most };
}
