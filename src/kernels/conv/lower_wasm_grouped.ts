import { type AnyOperator, type Node, type Step, UNCLAMPED } from "../node.js";
import { entriesField } from "../wasm/cotangents.js";
import {
  type BackwardContext,
  type ForwardContext,
  type Kept,
  type Lanes,
  type Lowering,
  NOTHING,
} from "../wasm/lowering.js";
import { joined } from "../wasm/packing.js";
import { entry, f32, Place } from "../wasm/tape.js";
import type { Tuning } from "../wasm/tuning.js";
import { type Geometry, rowsOf, tapFields } from "./geometry.js";
import { convGradient } from "./lower_wasm_gradient.js";
import { ROUND, SPARSE_ROWS } from "./pack.js";
import { columnsPacking, forwardPacking, vjpPacking } from "./packings.js";
import { startFields } from "./start_fields.js";
import { groupScratch } from "./vjp_blocks.js";
import { groupedForwardWork, groupedVjpWork } from "./work.js";

/** The lowering of an operator that is a convolution in several groups of channels. */
export function groupedConvolution<O extends AnyOperator>(
  geometryOf: (node: Node<O>) => Geometry,
): Lowering<O> {
  return {
    forward: (step, context) => groupedForward(step, geometryOf(step.node), context),
    vjp(step, context) {
      if (context.varies(step.inputs[0])) groupedVjp(step, geometryOf(step.node), context);
    },
    scratchBytes: ({ node }, tuning) => groupedScratchBytes(geometryOf(node), tuning),
    writesLists: () => true,
    readsLists: ({ residual }) => (residual === undefined ? "whole" : false),
  };
}

/** A kernel of the forward pass and its register tile. */
const TILES = {
  wide: { kernel: "conv_forward_grouped_2x16", pixels: 2, block: 16 },
  even: { kernel: "conv_forward_grouped_4x8", pixels: 4, block: 8 },
  narrow: { kernel: "conv_forward_grouped_7x4", pixels: 7, block: 4 },
  columns: { kernel: "conv_forward_columns_3x4", pixels: 3, block: 4 },
} as const;

/**
 * The tile that leaves the fewest lanes idle. Zen 4, relaxed, 3x3, GFLOP/s: 2x16 39 (groups of 16), 4x8 40 (of 8), 28 to 30
 * (of 12); 3x4 down columns 33 (of 4), 39 (of 12); 7x4 24 (of 4).
 */
function tileOf({ groupFilters, kernel, strides, dilations, weights }: Geometry): keyof typeof TILES {
  const rest = groupFilters % 8;
  const ones = [...strides, ...dilations].every((n) => n === 1);
  if (rest >= 1 && rest <= 4) {
    // Rows of padding are left out: a weight that is infinite or NaN would show there.
    if (kernel[0] === SPARSE_ROWS && ones && weights.every(Number.isFinite)) return "columns";
    if (groupFilters <= 4) return "narrow";
  }
  return Math.ceil(groupFilters / 8) % 2 === 0 ? "wide" : "even";
}

/** The most of `count` things that fit, so that all chunks are about as large. */
function chunkOf(count: number, bytes: number, fitting: number): number {
  const most = Math.min(count, Math.max(1, Math.floor(fitting / bytes)));
  return Math.ceil(count / Math.ceil(count / most));
}

function groupedForward(step: Step, g: Geometry, context: ForwardContext): Kept {
  const { memory, emit, value, zeros, scratch, tuning } = context;
  const tile = tileOf(g);
  const { kernel, pixels, block } = TILES[tile];
  const blocks = Math.ceil(g.groupFilters / block);
  const all = g.groups * blocks;
  const bias = new Float32Array(all * block);
  if (g.bias) {
    const padded = blocks * block;
    for (let o = 0; o < g.filters; o++)
      bias[Math.floor(o / g.groupFilters) * padded + (o % g.groupFilters)] = g.bias[o];
  }
  const packing = tile === "columns" ? columnsPacking : forwardPacking;
  const clamp = step.clamp ?? UNCLAMPED;
  const { height, width, outHeight, outWidth } = rowsOf(g);
  const fields = {
    x: value(step.inputs[0]),
    weights: memory.place(joined(groupsOf(g).map((range) => packing(g, range, block)))),
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
    filters: g.groupFilters,
    groups: g.groups,
    outHeight,
    outWidth,
    yPixel: 4 * g.filters,
    low: f32(clamp.low),
    high: f32(clamp.high),
  };
  const across = Math.ceil(outWidth / pixels);
  const { name } = step.node;
  const work = groupedForwardWork(g.taps);
  if (tile === "columns") emit(entry("conv_forward_columns_3x4", name, across * all, fields, { work }));
  else {
    const chunk = chunkOf(all, 4 * block * g.taps * g.depth, tuning.groupForwardBytes);
    const chunks = Math.ceil(all / chunk);
    emit(
      entry(
        kernel as "conv_forward_grouped_2x16",
        name,
        chunks * outHeight * across,
        { ...fields, chunk, scratch },
        { groups: chunks, work },
      ),
    );
  }
  if (!context.varies(step.inputs[0])) return NOTHING;
  return { weights: memory.place(joined(groupsOf(g).map((range) => vjpPacking(g, range, g.depth)))) };
}

function groupedVjp(step: Step, g: Geometry, context: BackwardContext): void {
  if (context.width === 1) {
    const part = { weights: context.kept.weights, first: 0, count: g.groupFilters };
    convGradient(step, g, [part], g.depth, context);
    return;
  }
  const { sliced: cotangent, tuning } = context;
  const { target, start } = context.intoFrom(step.inputs[0]);
  const x = context.live(target, g.height, g.width, g.channels, g.depth);
  // A list of candidate classes has no boundaries between groups.
  const whole = { ...cotangent, candidates: false };
  const y = context.live(whole, g.outHeight, g.outWidth, g.filters, g.groupFilters);
  const rowBytes = 4 * g.depth;
  const tapBytes = g.groupFilters * rowBytes;
  const groupBytes = g.taps * tapBytes;
  const chunk = vjpChunk(g, tuning);
  const chunks = Math.ceil(g.groups / chunk);
  const { scratchBytes, ...room } = groupScratch(g, chunk, tuning);
  context.emit(
    entry(
      `conv_vjp_grouped_${context.width as Lanes}`,
      step.node.name,
      chunks * g.height * g.width,
      {
        gy: new Place(cotangent.buffer, 4 * context.stride * (cotangent.slice?.first ?? 0)),
        yTable: y.table,
        yPitch: y.pitch,
        yChannels: cotangent.slice?.channels ?? g.filters,
        yEntries: entriesField(cotangent, y),
        outHeight: g.outHeight,
        outWidth: g.outWidth,
        gx: target.buffer,
        xTable: x.table,
        xPitch: x.pitch,
        xChannels: g.channels,
        xEntries: entriesField(target, x),
        height: g.height,
        width: g.width,
        weights: context.kept.weights,
        rowBytes,
        tapBytes,
        groupBytes,
        ...tapFields(g),
        filters: g.groupFilters,
        groups: g.groups,
        chunk,
        ...startFields(start, target.buffer),
        ...room,
        scratch: context.scratch(scratchBytes),
      },
      { groups: chunks, work: groupedVjpWork(context.width) },
    ),
  );
}

/** Bytes of a thread's scratch that a convolution in groups needs. */
function groupedScratchBytes(g: Geometry, tuning: Tuning): number {
  const { pixels } = TILES[tileOf(g)];
  const rounds = g.depth % ROUND === 0 ? g.depth / ROUND : g.depth;
  return Math.max(4 * pixels * g.taps * rounds, groupScratch(g, vjpChunk(g, tuning), tuning).scratchBytes);
}

const vjpChunk = ({ groups, taps, depth, groupFilters }: Geometry, { groupVjpBytes }: Tuning): number =>
  chunkOf(groups, 4 * taps * depth * groupFilters, groupVjpBytes);

const groupsOf = ({ groups, groupFilters }: Geometry) =>
  Array.from({ length: groups }, (_, group) => ({ first: group * groupFilters, count: groupFilters }));
