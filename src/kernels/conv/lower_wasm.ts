import { type AnyOperator, type Node, type Step, UNCLAMPED } from "../node.js";
import { type Cotangent, entriesField } from "../wasm/cotangents.js";
import {
  type BackwardContext,
  type ForwardContext,
  type Kept,
  type Lowering,
  type Memory,
  NOTHING,
  type Start,
} from "../wasm/lowering.js";
import { type Buffer, entry, f32, Place } from "../wasm/tape.js";
import { type Geometry, tapFields } from "./geometry.js";
import { type SparseChoice, sparseForward, suitsSparse } from "./lower_wasm_sparse.js";
import { suitsWinograd, winogradForward } from "./lower_wasm_winograd.js";
import { packForward, packVjp } from "./pack.js";
import { type VjpBlocks, vjpBlocks, vjpScratch } from "./vjp_blocks.js";
import { WINOGRAD_SCRATCH_BYTES } from "./winograd.js";
import { denseForwardWork, vjpWork } from "./work.js";

/** The lowering of an operator that is a convolution. */
export function convolution<O extends AnyOperator>(geometryOf: (node: Node<O>) => Geometry): Lowering<O> {
  return {
    forward: (step, context) => forward(step, geometryOf(step.node), context),
    vjp: (step, context) => vjp(step, geometryOf(step.node), context),
    scratchBytes(step) {
      const g = geometryOf(step.node);
      return Math.max(suitsWinograd(g) ? WINOGRAD_SCRATCH_BYTES : 0, scratchOf(g).scratchBytes);
    },
    writesLists: () => true,
    readsLists({ node, residual }) {
      if (residual !== undefined) return false;
      const { groups, filters } = geometryOf(node);
      // The lists of a slice begin and end at blocks, which are multiples of 4 channels.
      return groups === 1 && filters % 4 === 0 ? "slices" : "whole";
    },
  };
}

function forward(step: Step, g: Geometry, context: ForwardContext): Kept {
  if (suitsWinograd(g)) winogradForward(step, g, context);
  else direct(step, g, context, suitsSparse(step, g, context) ? sparseForward(step, g, context) : undefined);
  return context.varies(step.inputs[0]) ? placeVjpWeights(g, context.memory) : NOTHING;
}

/** @param sparse calls that do the layer where they find enough zeros */
function direct(
  step: Step,
  g: Geometry,
  { memory, emit, value, zeros }: ForwardContext,
  sparse?: SparseChoice,
): void {
  // A 1x1 convolution reads each pixel once: one long row leaves no ragged tiles.
  const flat = g.taps === 1 && g.strides.every((s) => s === 1) && g.pads.every((p) => p === 0);
  const [height, width] = flat ? [1, g.height * g.width] : [g.height, g.width];
  const [outHeight, outWidth] = flat ? [1, g.outHeight * g.outWidth] : [g.outHeight, g.outWidth];
  const single = outHeight * outWidth === 1;
  const wide = Math.ceil(g.groupFilters / 8) % 2 === 0;
  const [kernel, pixels, block] = single
    ? (["conv_forward_1x8", 1, 8] as const)
    : wide
      ? (["conv_forward_2x16", 2, 16] as const)
      : (["conv_forward_4x8", 4, 8] as const);
  const clamp = step.clamp ?? UNCLAMPED;
  for (let group = 0; group < g.groups; group++) {
    const first = group * g.groupFilters;
    const bias = new Float32Array(Math.ceil(g.groupFilters / block) * block);
    if (g.bias) bias.set(g.bias.subarray(first, first + g.groupFilters));
    const tiles = Math.ceil(g.groupFilters / block) * outHeight * Math.ceil(outWidth / pixels);
    emit(
      entry(
        kernel,
        step.node.name,
        tiles,
        {
          x: new Place(value(step.inputs[0]), 4 * group * g.depth),
          weights: memory.place(
            packForward(g.weights, g.taps, g.depth, g.filters, first, g.groupFilters, block),
          ),
          bias: memory.place(bias),
          y: new Place(value(step.output), 4 * first),
          residual: step.residual ? new Place(value(step.residual), 4 * first) : 0,
          zeros,
          height,
          width,
          xRow: 4 * width * g.channels,
          xPixel: 4 * g.channels,
          ...tapFields(g),
          depth: g.depth,
          filters: g.groupFilters,
          outHeight,
          outWidth,
          yPixel: 4 * g.filters,
          low: f32(clamp.low),
          high: f32(clamp.high),
          nonzeros: sparse?.nonzeros ?? 0,
          most: sparse?.most ?? 0,
        },
        { groups: Math.ceil(g.groupFilters / block), work: denseForwardWork },
      ),
    );
  }
}

/** Packs the weights for the vjp, one piece for each of its calls. */
function placeVjpWeights(g: Geometry, memory: Memory): Kept {
  const kept: Record<string, Buffer> = {};
  const blocks = vjpBlocks(g);
  for (let group = 0; group < g.groups; group++)
    partsOf(g, blocks, group).forEach(({ first, filters }, part) => {
      kept[weightsOf(group, part)] = memory.place(
        packVjp(g.weights, g.taps, g.depth, g.filters, first, filters, blocks.channels),
      );
    });
  return kept;
}

/** The name under which a forward step keeps the weights of a part of a group for the vjp. */
function weightsOf(group: number, part: number): string {
  return `weights${group}.${part}`;
}

function startFields(start: Start, target: Buffer) {
  const source = start.kind === "copy" ? start.source : undefined;
  return {
    init: source?.buffer ?? (start.kind === "accumulate" ? target : 0),
    initValues: source?.mask?.values ?? 0,
    initLow: f32(source?.mask?.low ?? 0),
    initHigh: f32(source?.mask?.high ?? 0),
  };
}

/** The filters of a group that one call of the vjp sums over. */
function partsOf(g: Geometry, blocks: VjpBlocks, group: number): { first: number; filters: number }[] {
  return Array.from({ length: Math.ceil(g.groupFilters / blocks.filters) }, (_, part) => ({
    first: group * g.groupFilters + part * blocks.filters,
    filters: Math.min(blocks.filters, g.groupFilters - part * blocks.filters),
  }));
}

function scratchOf(g: Geometry) {
  return vjpScratch(g.kernel, g.outWidth, vjpBlocks(g).filters);
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
    : // A list of candidate classes has no boundaries between groups and parts.
      context.live({ ...owner, candidates: false }, g.outHeight, g.outWidth, channels, block);
  return (first: number, filters: number) => ({
    gy: within
      ? owner.buffer
      : new Place(cotangent.buffer, 16 * context.vectors * (cotangent.slice?.first ?? 0)),
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
  const { sliced: cotangent, emit } = context;
  const [input] = step.inputs;
  if (!context.varies(input)) return;
  const label = step.node.name;
  const { target, start } = context.intoFrom(input);
  const blocks = vjpBlocks(g);
  const block = blocks.channels;
  const x = context.live(target, g.height, g.width, g.channels, block);
  const yFields = outputFields(cotangent, g, blocks, context);
  const xBlocks = Math.ceil(g.depth / block);
  const rowBytes = 4 * block;
  const { listBytes, scratchBytes } = scratchOf(g);
  for (let group = 0; group < g.groups; group++)
    partsOf(g, blocks, group).forEach(({ first, filters }, part) => {
      const tapBytes = filters * rowBytes;
      emit(
        entry(
          `conv_vjp_${context.width}`,
          label,
          xBlocks * g.height * g.width,
          {
            ...yFields(first, filters),
            outHeight: g.outHeight,
            outWidth: g.outWidth,
            gx: target.buffer,
            xTable: x.table,
            xPitch: x.pitch,
            xChannels: g.channels,
            xEntries: entriesField(target, x),
            height: g.height,
            width: g.width,
            weights: context.kept[weightsOf(group, part)],
            blockBytes: g.taps * tapBytes,
            rowBytes,
            tapBytes,
            firstBlock: group * xBlocks,
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
