import { type AnyOperator, type Node, type Step, UNCLAMPED } from "../node.js";
import { PANEL } from "../panel_product/panels.js";
import { type Cotangent, entriesField } from "../wasm/cotangents.js";
import {
  type BackwardContext,
  type ForwardContext,
  type Kept,
  type Lanes,
  type Lowering,
  NOTHING,
} from "../wasm/lowering.js";
import type { Packing } from "../wasm/packing.js";
import { entry, f32, Place } from "../wasm/tape.js";
import type { Tuning } from "../wasm/tuning.js";
import { type Geometry, rowsOf, tapFields } from "./geometry.js";
import { keepsUnitWeights, UNIT_WEIGHTS } from "./gradient_weights.js";
import { convGradient, GRADIENT_CHANNELS } from "./lower_wasm_gradient.js";
import { panelsVjp, placePanels, suitsPanels } from "./lower_wasm_panels.js";
import { type SparseChoice, sparseForward, suitsSparse } from "./lower_wasm_sparse.js";
import { suitsWinograd, winogradForward } from "./lower_wasm_winograd.js";
import { type FilterRange, forwardPacking, unitsPacking, vjpPacking } from "./packings.js";
import { startFields } from "./start_fields.js";
import { type VjpBlocks, vjpBlocks, vjpScratch } from "./vjp_blocks.js";
import { WINOGRAD_SCRATCH_BYTES } from "./winograd.js";
import { denseForwardWork, vjpWork } from "./work.js";

/** The lowering of an operator that is a convolution of all channels: one group. */
export function convolution<O extends AnyOperator>(geometryOf: (node: Node<O>) => Geometry): Lowering<O> {
  return {
    forward(step, context) {
      return forward(step, geometryOf(step.node), context);
    },
    vjp(step, context) {
      if (context.varies(step.inputs[0])) vjp(step, geometryOf(step.node), context);
    },
    scratchBytes(step, tuning) {
      const g = geometryOf(step.node);
      return Math.max(
        suitsWinograd(g, tuning) ? WINOGRAD_SCRATCH_BYTES : 0,
        scratchOf(g, tuning).scratchBytes,
      );
    },
    writesLists: () => true,
    readsLists({ node, residual }) {
      if (residual !== undefined) return false;
      // The lists of a slice begin and end at blocks, which are multiples of 4 channels.
      return geometryOf(node).filters % 4 === 0 ? "slices" : "whole";
    },
  };
}

function forward(step: Step, g: Geometry, context: ForwardContext): Kept {
  if (suitsWinograd(g, context.tuning)) winogradForward(step, g, context);
  else direct(step, g, context, suitsSparse(step, g, context) ? sparseForward(step, g, context) : undefined);
  if (!context.varies(step.inputs[0])) return NOTHING;
  return suitsPanels(step, g, context) ? placePanels(g, context) : placeVjpWeights(step, g, context);
}

/** @param sparse calls that do the layer where they find enough zeros */
function direct(
  step: Step,
  g: Geometry,
  { memory, emit, value, zeros }: ForwardContext,
  sparse?: SparseChoice,
): void {
  const { height, width, outHeight, outWidth } = rowsOf(g);
  const single = outHeight * outWidth === 1;
  const wide = Math.ceil(g.filters / 8) % 2 === 0;
  const [kernel, pixels, block] = single
    ? (["conv_forward_1x8", 1, 8] as const)
    : wide
      ? (["conv_forward_2x16", 2, 16] as const)
      : (["conv_forward_4x8", 4, 8] as const);
  const clamp = step.clamp ?? UNCLAMPED;
  const blocks = Math.ceil(g.filters / block);
  const bias = new Float32Array(blocks * block);
  if (g.bias) bias.set(g.bias);
  emit(
    entry(
      kernel,
      step.node.name,
      blocks * outHeight * Math.ceil(outWidth / pixels),
      {
        x: value(step.inputs[0]),
        weights: memory.place(forwardPacking(g, { first: 0, count: g.filters }, block)),
        bias: memory.place(bias),
        y: value(step.output),
        residual: step.residual ? value(step.residual) : 0,
        zeros,
        height,
        width,
        xRow: 4 * width * g.channels,
        xPixel: 4 * g.channels,
        ...tapFields(g),
        depth: g.depth,
        filters: g.filters,
        outHeight,
        outWidth,
        yPixel: 4 * g.filters,
        low: f32(clamp.low),
        high: f32(clamp.high),
        nonzeros: sparse?.nonzeros ?? 0,
        most: sparse?.most ?? 0,
      },
      { groups: blocks, work: denseForwardWork },
    ),
  );
}

/** Packs the weights for the vjp, one piece for each of its calls. */
function placeVjpWeights(step: Step, g: Geometry, { memory, tuning, sparse }: ForwardContext): Kept {
  const blocks = vjpBlocks(g, tuning);
  const packing = gradientPacking(g, blocks);
  const units = keepsUnitWeights(g, tuning, sparse(step.inputs[0]));
  return {
    ...Object.fromEntries(
      partsOf(g, blocks).map((part, i) => [weightsOf(i), memory.place(vjpPacking(g, part, blocks.channels))]),
    ),
    ...(packing && { gradientWeights: memory.placeLater(packing) }),
    ...(units && { [UNIT_WEIGHTS]: memory.placeLater(unitsPacking(g)) }),
  };
}

/**
 * The vjp of one cotangent reads the weights of the lanes', but where a block of them has more channels than its tile: rows of weights
 * a power of two apart share a few sets of the cache (3x3, 64 to 64 channels: half the speed; 1x1, 64 to 384: three quarters).
 */
function gradientPacking(g: Geometry, { channels }: VjpBlocks): Packing | undefined {
  if (g.outHeight * g.outWidth === 1 || Math.min(g.depth, channels) <= GRADIENT_CHANNELS) return undefined;
  return vjpPacking(g, { first: 0, count: g.filters }, GRADIENT_CHANNELS);
}

function gradient(step: Step, g: Geometry, context: BackwardContext): void {
  const { kept } = context;
  if (kept.panels) {
    const all = { weights: kept.panels, first: 0, count: g.filters };
    convGradient(step, g, [all], PANEL, context);
    return;
  }
  const blocks = vjpBlocks(g, context.tuning);
  const parts = kept.gradientWeights
    ? [{ weights: kept.gradientWeights, first: 0, count: g.filters }]
    : partsOf(g, blocks).map((part, i) => ({ ...part, weights: kept[weightsOf(i)] }));
  convGradient(step, g, parts, kept.gradientWeights ? GRADIENT_CHANNELS : blocks.channels, context);
}

/** The name under which a forward step keeps the weights of a part for the vjp. */
const weightsOf = (part: number): string => `weights${part}`;

/** The filters that each call of the vjp sums over. */
function partsOf({ filters }: Geometry, blocks: VjpBlocks): FilterRange[] {
  return Array.from({ length: Math.ceil(filters / blocks.filters) }, (_, part) => ({
    first: part * blocks.filters,
    count: Math.min(blocks.filters, filters - part * blocks.filters),
  }));
}

function scratchOf(g: Geometry, tuning: Tuning) {
  return vjpScratch(g.kernel, g.outWidth, vjpBlocks(g, tuning).filters, tuning);
}

/**
 * Where a call of the vjp finds the live outputs among filters `first .. first + filters - 1`, and their cotangents. In a
 * compact tensor that is a slice of another the lists are the other's, cut where the slice and the calls begin and end.
 */
function outputFields(cotangent: Cotangent, g: Geometry, blocks: VjpBlocks, context: BackwardContext) {
  const { slice } = cotangent;
  const within = slice?.of.compact ? slice : undefined;
  const owner = within?.of ?? cotangent;
  const offset = within?.first ?? 0;
  const channels = within?.channels ?? g.filters;
  const block = within ? [offset, g.filters].reduce(greatestDivisor, blocks.filters) : blocks.filters;
  const whole = block === channels;
  const y = whole
    ? context.liveRows(owner, g.outHeight, g.outWidth, channels)
    : // A list of candidate classes has no boundaries between parts.
      context.live({ ...owner, candidates: false }, g.outHeight, g.outWidth, channels, block);
  return (first: number, filters: number) => ({
    gy: within
      ? owner.buffer
      : new Place(cotangent.buffer, 4 * context.stride * (cotangent.slice?.first ?? 0)),
    yTable: y.table,
    yPitch: y.pitch,
    yBegin: whole ? 0 : (4 * (offset + first)) / block,
    yEnd: whole ? 4 * y.blocks : 4 * Math.ceil((offset + first + filters) / block),
    yChannels: slice?.channels ?? g.filters,
    yEntries: entriesField(owner, y),
    yFirst: offset + first,
  });
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

function vjp(step: Step, g: Geometry, context: BackwardContext): void {
  if (context.width === 1) {
    gradient(step, g, context);
    return;
  }
  if (context.kept.panels) {
    panelsVjp(step, g, context.kept.panels, context);
    return;
  }
  const { sliced: cotangent, emit } = context;
  const { target, start } = context.intoFrom(step.inputs[0]);
  const blocks = vjpBlocks(g, context.tuning);
  const block = blocks.channels;
  const x = context.live(target, g.height, g.width, g.channels, block);
  const yFields = outputFields(cotangent, g, blocks, context);
  const xBlocks = Math.ceil(g.depth / block);
  const rowBytes = 4 * block;
  const { listBytes, scratchBytes } = scratchOf(g, context.tuning);
  partsOf(g, blocks).forEach(({ first, count }, part) => {
    const tapBytes = count * rowBytes;
    emit(
      entry(
        `conv_vjp_${context.width as Lanes}`,
        step.node.name,
        xBlocks * g.height * g.width,
        {
          ...yFields(first, count),
          outHeight: g.outHeight,
          outWidth: g.outWidth,
          gx: target.buffer,
          xTable: x.table,
          xPitch: x.pitch,
          xChannels: g.channels,
          xEntries: entriesField(target, x),
          height: g.height,
          width: g.width,
          weights: context.kept[weightsOf(part)],
          blockBytes: g.taps * tapBytes,
          rowBytes,
          tapBytes,
          firstBlock: 0,
          ...tapFields(g),
          ...startFields(part === 0 ? start : { kind: "accumulate" }, target.buffer),
          listBytes,
          scratch: context.scratch(scratchBytes),
        },
        { groups: xBlocks, work: vjpWork(context.width, xBlocks) },
      ),
    );
  });
}
