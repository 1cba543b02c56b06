import type { Step } from "../node.js";
import { defined } from "../scale/lower_wasm.js";
import type { BackwardContext } from "../wasm/lowering.js";
import { type Buffer, entry, Place } from "../wasm/tape.js";
import { type Geometry, rowsOf } from "./geometry.js";
import { FEW_CHANNELS } from "./gradient_kernels.js";
import {
  type Cotangents,
  type GradientLayer,
  type GradientPart,
  type Shares,
  targetFields,
  tileOf,
  weightFields,
} from "./gradient_layer.js";
import { suitsFewChannels, UNIT_WEIGHTS } from "./gradient_weights.js";
import { skippingGradients } from "./lower_wasm_gradient_skipping.js";
import { type Phase, phasesOf } from "./phases.js";
import { gradientWork } from "./work.js";

/** Channels of the widest tile. */
export const GRADIENT_CHANNELS = 16;

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
    const layer = { step, g, part, whole: parts.length === 1, block, gy, shares };
    const narrow = suitsFew(layer, context);
    const choice = narrow ? undefined : skippingGradients(layer, context);
    for (const vertical of phasesOf(g, 0))
      for (const horizontal of phasesOf(g, 1))
        if (narrow) few(layer, [vertical, horizontal], context);
        else dense(layer, [vertical, horizontal], choice, context);
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

/** What of a layer's tensors the pixels of two phases see, and which of its own they are. */
function phaseFields({ g, part, gy, shares }: GradientLayer, vertical: Phase, horizontal: Phase) {
  const rows = rowsOf(g);
  const flat = rows.height !== g.height;
  const none = vertical.count === 0 || horizontal.count === 0;
  const [outHeight, outWidth] = flat ? [1, rows.width] : [vertical.pixels, horizontal.pixels];
  const pixel = 4 * g.channels;
  const taps = none ? 0 : vertical.count * horizontal.count;
  return {
    target: targetFields(shares, pixel * (vertical.first * g.width + horizontal.first)),
    outputs: { outHeight, outWidth, yRow: pixel * g.width * g.strides[0], yPixel: pixel * g.strides[1] },
    cotangents: {
      x: new Place(gy.in, 4 * (gy.offset + part.first)),
      height: rows.outHeight,
      width: rows.outWidth,
      xRow: 4 * gy.pitch * rows.outWidth,
      xPixel: 4 * gy.pitch,
      depth: part.count,
    },
    taps: {
      kernelHeight: none ? 0 : vertical.count,
      kernelWidth: horizontal.count,
      padTop: -vertical.start,
      padLeft: -horizontal.start,
      dilationHeight: vertical.step,
      dilationWidth: horizontal.step,
    },
    macs: outHeight * outWidth * taps * part.count * g.channels,
  };
}

function dense(
  layer: GradientLayer,
  [vertical, horizontal]: readonly [Phase, Phase],
  choice: Buffer | undefined,
  { emit, zeros }: BackwardContext,
): void {
  const { step, g, part, block } = layer;
  const { target, outputs, cotangents, taps, macs } = phaseFields(layer, vertical, horizontal);
  const { outHeight, outWidth } = outputs;
  const { kernel, pixels, channels } = tileOf(g, block);
  const { rowBytes, tapBytes, ...weights } = weightFields(g, part, block);
  const blocks = Math.ceil(g.depth / channels);
  emit(
    entry(
      kernel,
      step.node.name,
      g.groups * blocks * outHeight * Math.ceil(outWidth / pixels),
      {
        ...{ ...target, ...outputs, ...cotangents, ...taps, zeros },
        ...weights,
        weights: new Place(part.weights, (vertical.tap * g.kernel[1] + horizontal.tap) * tapBytes),
        rowTapBytes: vertical.tapStep * g.kernel[1] * tapBytes,
        columnTapBytes: horizontal.tapStep * tapBytes,
        rowBytes,
        filters: g.depth,
        xGroup: 4 * g.groupFilters,
        yGroup: 4 * g.depth,
        groupBytes: g.taps * tapBytes,
        choice: choice ?? 0,
      },
      { groups: g.groups * blocks, work: gradientWork(macs) },
    ),
  );
}

/** Whether the kernel for an input of few channels does the layer. */
function suitsFew({ g, whole, shares }: GradientLayer, { kept }: BackwardContext): boolean {
  return kept[UNIT_WEIGHTS] !== undefined && whole && suitsFewChannels(g) && shares.target.mask === undefined;
}

function few(
  layer: GradientLayer,
  [vertical, horizontal]: readonly [Phase, Phase],
  { emit, zeros, kept }: BackwardContext,
): void {
  const { step, g, shares } = layer;
  const { target, outputs, cotangents, taps, macs } = phaseFields(layer, vertical, horizontal);
  const channels = g.channels as keyof typeof FEW_CHANNELS;
  const pixels = FEW_CHANNELS[channels];
  // Rows and columns of the weights are turned round.
  const tapBytes = 4 * g.filters;
  const firstTap = g.taps - 1 - (vertical.tap * g.kernel[1] + horizontal.tap);
  emit(
    entry(
      channels === 1 ? "conv_gradient_8x1" : "conv_gradient_3x3",
      step.node.name,
      outputs.outHeight * Math.ceil(outputs.outWidth / pixels),
      {
        ...{ ...outputs, ...cotangents, ...taps, zeros },
        ...{ y: target.y, residual: shares.residual ? target.residual : 0 },
        weights: new Place(kept[UNIT_WEIGHTS], firstTap * tapBytes),
        rowTapBytes: -vertical.tapStep * g.kernel[1] * tapBytes,
        columnTapBytes: -horizontal.tapStep * tapBytes,
        unitBytes: g.taps * tapBytes,
      },
      { work: () => ({ dense: macs, live: macs }) },
    ),
  );
}
