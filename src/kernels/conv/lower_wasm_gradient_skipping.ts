import type { BackwardContext } from "../wasm/lowering.js";
import { Buffer, entry, f32, Place } from "../wasm/tape.js";
import type { Tuning } from "../wasm/tuning.js";
import { type Geometry, isPlain } from "./geometry.js";
import { type GradientLayer, targetFields, tileOf, weightFields } from "./gradient_layer.js";
import { suitsLiveUnits, UNIT_WEIGHTS } from "./gradient_weights.js";
import { SPARSE_FILTERS, SPARSE_ROWS } from "./pack.js";
import { chosenLiveWork, chosenSparseWork } from "./work.js";

/**
 * Lists what is not 0 and what is live, and lets the kernels that skip the rest do the layer where that is less work. Undefined: none could;
 * else where the dense kernel finds out whether it has a layer to do.
 */
export function skippingGradients(layer: GradientLayer, context: BackwardContext): Buffer | undefined {
  const sparse = suitsSparse(layer, context) ? listNonzeros(layer, context) : undefined;
  const live = suitsLive(layer, context) ? listLive(layer, context) : undefined;
  if (!sparse && !live) return undefined;
  const { g, step } = layer;
  const choice = new Buffer(4);
  context.emit(
    entry("choose_conv_gradient", step.node.name, 1, {
      nonzeros: sparse?.table ?? 0,
      height: g.outHeight,
      width: g.outWidth,
      nonzeroCost: f32(sparse?.cost ?? 0),
      live: live?.table ?? 0,
      liveHeight: g.height,
      liveRow: live ? g.width * live.pitch : 0,
      liveCost: f32(live?.cost ?? 0),
      choice,
    }),
  );
  if (sparse) sparseGradient(layer, sparse, choice, context);
  if (live) liveGradient(layer, live, choice, context);
  return choice;
}

/** Of what kernels may skip: where the others are listed, and what a listed byte takes, in shares of the dense kernel's time. */
interface Listed {
  readonly table: Buffer;
  readonly cost: number;
}

function suitsSparse({ step, g, part, block }: GradientLayer, context: BackwardContext): boolean {
  return (
    context.sparse(step.output) &&
    g.kernel[0] === SPARSE_ROWS &&
    g.kernel[1] > 1 &&
    isPlain(g) &&
    part.count % 4 === 0 &&
    tileOf(g, block).channels === SPARSE_FILTERS &&
    g.weights.every(Number.isFinite)
  );
}

/** Lists the cotangents that are not 0. */
function listNonzeros(
  { step, g, part, block, gy }: GradientLayer,
  { tuning, emit, patterns }: BackwardContext,
): Listed & { readonly distance: number } {
  const [height, width] = [g.outHeight, g.outWidth];
  const tableBytes = 64 * Math.ceil((4 * height * (width + 1)) / 64);
  const distance = 4 * height * width * part.count;
  // Table and lists are one buffer: who reads the table follows it to the lists, so both must live as long.
  const table = new Buffer(tableBytes + 2 * distance);
  const { rowBytes, tapBytes } = weightFields(g, part, block);
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
  return { table, distance, cost: 1 / (tuning.sparseShare * distance) };
}

function sparseGradient(
  { step, g, part, block, shares }: GradientLayer,
  { table, distance }: ReturnType<typeof listNonzeros>,
  choice: Buffer,
  { emit }: BackwardContext,
): void {
  const { rowBytes, tapBytes, ...weights } = weightFields(g, part, block);
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
        height: g.outHeight,
        width: g.outWidth,
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
        choice,
      },
      { groups: blocks, work: chosenSparseWork },
    ),
  );
}

function suitsLive({ g, whole, shares }: GradientLayer, { kept, tuning }: BackwardContext): boolean {
  const masked = shares.target.mask !== undefined;
  return kept[UNIT_WEIGHTS] !== undefined && whole && masked && suitsLiveUnits(g, tuning);
}

/** Channels of a block whose weights stay in a second-level cache. */
function liveBlock(g: Geometry, tuning: Tuning): number {
  const fit = tuning.vjpBlockBytes / (4 * g.taps * g.filters);
  const block = Math.max(tuning.vjpBlockChannels, 4 * Math.floor(fit / 4));
  return Math.min(g.channels, block);
}

/** Lists the inputs that are live. */
function listLive({ g, shares }: GradientLayer, context: BackwardContext) {
  const { liveShare, liveOverhead } = context.tuning;
  const block = liveBlock(g, context.tuning);
  const { table, pitch, blocks } = context.live(shares.target, g.height, g.width, g.channels, block);
  const terms = g.taps * g.filters;
  const most = (liveShare * terms) / (terms + liveOverhead);
  return {
    ...{ table: table as Buffer, pitch, blocks, block },
    cost: 1 / (most * 4 * g.height * g.width * g.channels),
  };
}

function liveGradient(
  { step, g, gy, shares }: GradientLayer,
  { table, pitch, blocks, block }: ReturnType<typeof listLive>,
  choice: Buffer,
  { emit, kept }: BackwardContext,
): void {
  const filterBytes = 4 * g.filters;
  emit(
    entry(
      "conv_gradient_live",
      step.node.name,
      blocks * g.height * g.width,
      {
        x: new Place(gy.in, 4 * gy.offset),
        weights: kept[UNIT_WEIGHTS],
        ...targetFields(shares, 0),
        ...{ table, pitch, block },
        height: g.outHeight,
        width: g.outWidth,
        xPixel: 4 * gy.pitch,
        kernelHeight: g.kernel[0],
        kernelWidth: g.kernel[1],
        padTop: g.kernel[0] - 1 - g.pads[0],
        padLeft: g.kernel[1] - 1 - g.pads[1],
        filterBytes,
        unitBytes: g.taps * filterBytes,
        channels: g.channels,
        outHeight: g.height,
        outWidth: g.width,
        choice,
      },
      { groups: blocks, work: chosenLiveWork },
    ),
  );
}
