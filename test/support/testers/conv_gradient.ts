import { livePatterns } from "../../../src/engines/wasm/plan/live.js";
import { convGeometry } from "../../../src/kernels/conv/geometry.js";
import { packUnits, packVjp, SPARSE_FILTERS } from "../../../src/kernels/conv/pack.js";
import { type Phase, phasesOf } from "../../../src/kernels/conv/phases.js";
import { reference } from "../../../src/kernels/operators/conv/reference.js";
import type { Conv, Node } from "../../../src/network/spec.js";
import { expectGuarded } from "../guarded.js";
import { randomValues } from "../random_values.js";
import { singleNode } from "../single_node.js";
import { floatBits, poisoned, WasmKernels } from "../wasm_kernel.js";
import type { SlidingWindow } from "./conv_layer.js";

const U = 2 ** -24;
const [LOW, HIGH] = [-1, 1];

export const GRADIENT_TILES = [
  { kernel: "conv_gradient_2x16", pixels: 2, channels: 16 },
  { kernel: "conv_gradient_4x8", pixels: 4, channels: 8 },
  { kernel: "conv_gradient_7x4", pixels: 7, channels: 4 },
] as const;
export type GradientTile = (typeof GRADIENT_TILES)[number];

/** Those of inputs with so many channels, of which every unit is live. */
export const FEW_TILES = [
  { kernel: "conv_gradient_8x1", pixels: 8, few: 1 },
  { kernel: "conv_gradient_3x3", pixels: 3, few: 3 },
] as const;
type FewTile = (typeof FEW_TILES)[number];

/** A layer, one cotangent of its output, and what the sums start from. */
export interface GradientData {
  readonly node: Node<Conv>;
  /** `[outputs]`, 0 at some of them. */
  readonly gy: Float32Array;
  /** `[inputs]`. */
  readonly residual: Float32Array;
  /** A unit is live where it lies inside (-1, 1). */
  readonly values: Float32Array;
}

/** @param density share of cotangents that are not 0 */
export function gradientData(
  { size, kernel, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] }: SlidingWindow,
  [depth, filters, groups]: readonly [depth: number, filters: number, groups: number],
  seed: number,
  density: number,
): GradientData {
  const random = randomValues(seed);
  const draw = (length: number) => Float32Array.from({ length }, () => random.uniform(-2, 2));
  const node = singleNode(
    {
      op: "Conv",
      weights: draw(kernel[0] * kernel[1] * depth * filters * groups),
      bias: undefined,
      filters: filters * groups,
      ...{ groups, kernel, strides, dilations, pads },
    },
    [...size, depth * groups],
  ) as Node<Conv>;
  const inputs = size[0] * size[1] * depth * groups;
  const outputs = node.shape[0] * node.shape[1] * node.shape[2];
  return {
    node,
    gy: Float32Array.from({ length: outputs }, () => (random.chance(density) ? random.uniform(-2, 2) : 0)),
    residual: draw(inputs),
    values: Float32Array.from({ length: inputs }, () =>
      random.pick([-2, -1, -0.5, 0, 0.99, 1, 3, Number.NaN]),
    ),
  };
}

/** How a call's tensors lie, and what of the sum it does; none of it but the part shows. */
export interface GradientCall {
  readonly tile: GradientTile | FewTile | "sparse" | "live";
  readonly start?: "zero" | "accumulate" | "copy";
  readonly masked?: boolean;
  /** Channels of a block of weights; default all. */
  readonly block?: number;
  /** The filters that it sums over, of a layer without groups; default all. */
  readonly part?: readonly [first: number, count: number];
  /** Filters of a wider tensor before and after those of gy. */
  readonly gap?: readonly [before: number, after: number];
  /** Which kernel was chosen for the layer; default: there was no choice. */
  readonly choice?: number;
}

/** Runs a kernel: gx, NaN where it wrote nothing; unused weights, and gaps, are NaN. */
export function runConvGradient(relaxed: boolean, data: GradientData, call: GradientCall): Float32Array {
  const kernels = new WasmKernels(relaxed);
  const { node, gy, residual, values } = data;
  const g = convGeometry(node);
  const { tile, start = "zero", masked = false, gap = [0, 0] } = call;
  const { block = g.depth } = call;
  const [first, count] = call.part ?? [0, g.groupFilters];
  const pitch = gap[0] + g.filters + gap[1];
  const wide = poisoned(g.outHeight * g.outWidth * pitch);
  for (let u = 0; u < gy.length; u++)
    wide[Math.floor(u / g.filters) * pitch + gap[0] + (u % g.filters)] = gy[u];
  const gx = kernels.inout(start === "accumulate" ? residual : poisoned(residual.length));
  const residualAt = { zero: 0, accumulate: gx.at, copy: kernels.input(residual).at }[start];
  const valuesAt = masked ? kernels.input(values).at : 0;
  const mask = { low: floatBits(LOW), high: floatBits(HIGH) };
  const own = Math.ceil(g.depth / block);
  const groupLength = own * g.taps * count * block;
  const packed = poisoned(g.groups * groupLength);
  for (let group = 0; group < g.groups; group++) {
    const weights = packVjp(
      node.weights,
      g.taps,
      g.depth,
      g.filters,
      group * g.groupFilters + first,
      count,
      block,
    );
    // What pads the last block is nobody's.
    const past = g.taps * count * block * (own - 1);
    packed.set(
      weights.map((w, i) => (i >= past && (own - 1) * block + (i % block) >= g.depth ? Number.NaN : w)),
      group * groupLength,
    );
  }
  const weights = kernels.input(packed);
  const rowBytes = 4 * block;
  const tapBytes = count * rowBytes;
  const x = kernels.input(wide).at + 4 * (gap[0] + first);
  const shape = { block, blockBytes: g.taps * tapBytes, depth: count, filters: g.depth };
  const choice = call.choice === undefined ? 0 : kernels.input(Int32Array.of(call.choice)).at;
  const patterns = kernels.input(new Int32Array(livePatterns().buffer));
  // The convolution of cotangents.
  const turned = {
    padTop: g.kernel[0] - 1 - g.pads[0],
    padLeft: g.kernel[1] - 1 - g.pads[1],
    outHeight: g.height,
    outWidth: g.width,
  };
  if (tile === "sparse") runSparse();
  else if (tile === "live") runLive();
  else if ("few" in tile) runFew(tile);
  else runDense(tile);
  return gx.values();

  function runSparse() {
    const [height, width] = [g.outHeight, g.outWidth];
    const distance = 4 * height * width * count;
    const table = kernels.inout(new Int32Array(height * (width + 1)).fill(-1));
    const entries = kernels.inout(new Int32Array((2 * distance) / 4).fill(-1));
    kernels.call("nonzero_list", height, {
      ...{ x, width, channels: count, gap: 4 * (pitch - count), step: rowBytes, skip: -2 * tapBytes },
      ...{ table, entries, distance, patterns },
    });
    kernels.call("conv_gradient_sparse_3x16", Math.ceil(g.depth / SPARSE_FILTERS) * g.width, {
      ...{ table, distance, weights, y: gx, residual: residualAt, values: valuesAt, ...mask, choice },
      ...{ height, width, kernelWidth: g.kernel[1], ...turned },
      ...{ rowTapBytes: g.kernel[1] * tapBytes, tapBytes, ...shape, yPixel: 4 * g.channels },
    });
  }

  function runLive() {
    const units = kernels.input(packUnits(node.weights, g.taps, g.depth, g.filters));
    const pixels = g.height * g.width;
    const blocks = Math.ceil(g.channels / block);
    const table = kernels.inout(new Int32Array(pixels * (blocks + 1)).fill(-1));
    const entries = kernels.inout(new Int32Array(pixels * g.channels + 8).fill(-1));
    kernels.call("live_list", g.height, {
      ...{ values: valuesAt, ...mask, channels: g.channels, width: g.width, block, blocks },
      ...{ table, entries, patterns },
    });
    kernels.call("conv_gradient_live", blocks * pixels, {
      ...{ x, weights: units, y: gx, residual: residualAt, values: valuesAt, ...mask, choice },
      ...{ table, pitch: 4 * (blocks + 1), block, channels: g.channels },
      ...{ height: g.outHeight, width: g.outWidth, xPixel: 4 * pitch, ...turned },
      ...{ kernelHeight: g.kernel[0], kernelWidth: g.kernel[1] },
      ...{ filterBytes: 4 * count, unitBytes: 4 * count * g.taps },
    });
  }

  /** What the kernels that go by phases have in common: where the pixels of two phases lie, and the taps that reach them. */
  function forEachPhase(
    pixels: number,
    run: (
      vertical: Phase,
      horizontal: Phase,
      tiles: number,
      fields: Readonly<Record<string, number>>,
    ) => void,
  ) {
    const zeros = kernels.input(new Float32Array(count + 4)).at;
    for (const vertical of phasesOf(g, 0))
      for (const horizontal of phasesOf(g, 1)) {
        const none = vertical.count === 0 || horizontal.count === 0;
        const offset = 4 * g.channels * (vertical.first * g.width + horizontal.first);
        run(vertical, horizontal, vertical.pixels * Math.ceil(horizontal.pixels / pixels), {
          ...{ x, y: gx.at + offset, zeros, depth: count, residual: residualAt && residualAt + offset },
          ...{ height: g.outHeight, width: g.outWidth, xRow: 4 * pitch * g.outWidth, xPixel: 4 * pitch },
          ...{ kernelHeight: none ? 0 : vertical.count, kernelWidth: horizontal.count },
          ...{ padTop: -vertical.start, padLeft: -horizontal.start },
          ...{ dilationHeight: vertical.step, dilationWidth: horizontal.step },
          ...{ outHeight: vertical.pixels, outWidth: horizontal.pixels },
          ...{ yRow: 4 * g.channels * g.width * g.strides[0], yPixel: 4 * g.channels * g.strides[1] },
        });
      }
  }

  function runFew({ kernel, pixels }: FewTile) {
    const units = kernels.input(packUnits(node.weights, g.taps, g.depth, g.filters)).at;
    const filterBytes = 4 * count;
    forEachPhase(pixels, (vertical, horizontal, tiles, fields) => {
      const tap = g.taps - 1 - (vertical.tap * g.kernel[1] + horizontal.tap);
      kernels.call(kernel, tiles, {
        ...{ ...fields, weights: units + tap * filterBytes, unitBytes: g.taps * filterBytes },
        rowTapBytes: -vertical.tapStep * g.kernel[1] * filterBytes,
        columnTapBytes: -horizontal.tapStep * filterBytes,
      });
    });
  }

  function runDense({ kernel, pixels, channels }: GradientTile) {
    forEachPhase(pixels, (vertical, horizontal, tiles, fields) => {
      const offset = fields.y - gx.at;
      kernels.call(kernel, g.groups * Math.ceil(g.depth / channels) * tiles, {
        ...{ ...fields, ...mask, choice, rowBytes, ...shape },
        values: valuesAt && valuesAt + offset,
        weights: weights.at + (vertical.tap * g.kernel[1] + horizontal.tap) * tapBytes,
        rowTapBytes: vertical.tapStep * g.kernel[1] * tapBytes,
        columnTapBytes: horizontal.tapStep * tapBytes,
        ...{ xGroup: 4 * g.groupFilters, yGroup: 4 * g.depth, groupBytes: 4 * groupLength },
      });
    });
  }
}

/** What is chosen where such shares of cotangents are not 0 and of inputs are live, and each kernel is worth it up to `most`. */
export function runChoice(
  relaxed: boolean,
  nonzeros: { readonly share: number | undefined; readonly most: number },
  live: { readonly share: number | undefined; readonly most: number },
): number {
  const kernels = new WasmKernels(relaxed);
  const [height, width, channels] = [3, 5, 20];
  const room = 4 * width * channels;
  const patterns = kernels.input(new Int32Array(livePatterns().buffer));
  const drawn = (share: number) => {
    const values = new Float32Array(height * width * channels);
    return kernels.input(values.fill(0.5, 0, Math.round(share * values.length)));
  };
  const entries = (count: number) => kernels.inout(new Int32Array(count * height * width * channels + 8));
  const table = kernels.inout(new Int32Array(height * (width + 1)));
  if (nonzeros.share !== undefined)
    kernels.call("nonzero_list", height, {
      ...{ x: drawn(nonzeros.share), width, channels, gap: 0, step: 4, skip: 0, patterns },
      ...{ table, entries: entries(2), distance: height * room },
    });
  const [block, blocks] = [8, 3];
  const liveTable = kernels.inout(new Int32Array(height * width * (blocks + 1)));
  if (live.share !== undefined)
    kernels.call("live_list", height, {
      ...{ values: drawn(live.share), low: floatBits(0), high: floatBits(1), channels, width },
      ...{ block, blocks, table: liveTable, entries: entries(1), patterns },
    });
  const choice = kernels.inout(Int32Array.of(-1));
  const cost = (most: number) => floatBits(1 / (most * height * room));
  kernels.call("choose_conv_gradient", 1, {
    ...{
      nonzeros: nonzeros.share === undefined ? 0 : table,
      height,
      width,
      nonzeroCost: cost(nonzeros.most),
    },
    ...{ live: live.share === undefined ? 0 : liveTable, liveHeight: height },
    ...{ liveRow: 4 * width * (blocks + 1), liveCost: cost(live.most), choice },
  });
  return choice.values()[0];
}

/** Holds a call to the float64 reference: error <= m u (|residual| + sum |w gy|), m its terms. */
export function expectConvGradient(relaxed: boolean, data: GradientData, call: GradientCall): Float32Array {
  const { node, gy, residual, values } = data;
  const g = convGeometry(node);
  const [first, count] = call.part ?? [0, g.filters];
  const dy = Float64Array.from(gy, (value, u) => {
    const o = u % g.filters;
    return o >= first && o < first + count ? value : 0;
  });
  const none = new Float64Array(residual.length);
  const absolute = { ...node, weights: node.weights.map(Math.abs) };
  const [exact] = reference.vjp(node, [none], dy, dy);
  const [sums] = reference.vjp(absolute, [none], dy, dy.map(Math.abs));
  const starts = call.start && call.start !== "zero";
  const live = (u: number) => !call.masked || (LOW < values[u] && values[u] < HIGH);
  const there = Float64Array.from(residual, (value) => (starts ? value : 0));
  const gx = runConvGradient(relaxed, data, call);
  const terms = g.taps * Math.min(count, g.groupFilters) + 1;
  expectGuarded(
    gx,
    exact.map((value, u) => (live(u) ? value + there[u] : 0)),
    (u) => (live(u) ? terms * U * (sums[u] + Math.abs(there[u])) : 0),
    [1, g.channels],
  );
  return gx;
}
