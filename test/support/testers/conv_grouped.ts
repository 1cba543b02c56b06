import { expect } from "vitest";
import { packColumns, packForward, packVjp, ROUND } from "../../../src/kernels/conv/pack.js";
import { groupScratch, vjpScratch } from "../../../src/kernels/conv/vjp_blocks.js";
import type { Pair } from "../../../src/kernels/node.js";
import { TUNING } from "../../../src/kernels/wasm/tuning.js";
import { windowPositions } from "../../../src/kernels/window.js";
import { type RandomValues, randomValues } from "../random_values.js";
import { floatBits, WasmKernels } from "../wasm_kernel.js";
import type { SlidingWindow } from "./conv_layer.js";

/** Of each group: channels, filters; and how many groups. */
export type Groups = readonly [depth: number, filters: number, groups: number];

/** The register tiles of `conv_forward_grouped`. */
export const GROUPED_TILES = [
  { kernel: "conv_forward_grouped_2x16", pixels: 2, block: 16 },
  { kernel: "conv_forward_grouped_4x8", pixels: 4, block: 8 },
  { kernel: "conv_forward_grouped_7x4", pixels: 7, block: 4 },
] as const;

export interface GroupedLayer {
  readonly depth: number;
  readonly filters: number;
  readonly groups: number;
  readonly taps: number;
  readonly height: number;
  readonly width: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernel: Pair;
  readonly dilations: Pair;
  /** The fields that say how taps lie. */
  readonly tapFields: Readonly<Record<string, number>>;
  /** HWIO. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

export function groupedLayer(window: SlidingWindow, [depth, filters, groups]: Groups): GroupedLayer {
  const { size, kernel, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] } = window;
  const random = randomValues(depth + 31 * filters + groups);
  const taps = kernel[0] * kernel[1];
  const named = { op: "Conv", name: "grouped", inputs: [] };
  const [outHeight, outWidth] = windowPositions(named, { kernel, strides, dilations, pads }, [...size, 1]);
  return {
    ...{ depth, filters, groups, taps, kernel, dilations },
    ...{ height: size[0], width: size[1], outHeight, outWidth },
    tapFields: {
      kernelHeight: kernel[0],
      kernelWidth: kernel[1],
      strideHeight: strides[0],
      strideWidth: strides[1],
      padTop: pads[0],
      padLeft: pads[1],
      dilationHeight: dilations[0],
      dilationWidth: dilations[1],
    },
    weights: draw(random, taps * depth * filters * groups),
    bias: draw(random, filters * groups),
  };
}

const draw = (random: RandomValues, length: number): Float32Array =>
  Float32Array.from({ length }, () => random.uniform(-2, 2));

const groupsOf = ({ groups }: GroupedLayer): number[] => Array.from({ length: groups }, (_, group) => group);

/** The bits; which zero, and which NaN, says nothing. */
export const bits = (values: Float32Array): Int32Array =>
  new Int32Array(values.map((v) => (Number.isNaN(v) ? Number.NaN : v + 0)).buffer);

/** A layer in memory with what the kernels of the forward pass share. */
export class GroupedForwardCalls {
  readonly kernels: WasmKernels;
  private readonly fields: Readonly<Record<string, number | { readonly at: number }>>;
  private readonly outputs: number;

  constructor(
    relaxed: boolean,
    private readonly layer: GroupedLayer,
    withResidual: boolean,
    clamp: readonly [number, number],
  ) {
    const { depth, filters, groups, height, width, outHeight, outWidth, tapFields } = layer;
    const random = randomValues(7);
    this.kernels = new WasmKernels(relaxed);
    this.outputs = outHeight * outWidth * filters * groups;
    const channels = depth * groups;
    this.fields = {
      ...tapFields,
      x: this.kernels.input(draw(random, height * width * channels)),
      zeros: this.kernels.input(new Float32Array(channels)),
      residual: withResidual ? this.kernels.input(draw(random, this.outputs)) : 0,
      ...{ height, width, depth, filters, outHeight, outWidth },
      xRow: 4 * width * channels,
      xPixel: 4 * channels,
      yPixel: 4 * filters * groups,
      low: floatBits(clamp[0]),
      high: floatBits(clamp[1]),
    };
  }

  /** Group by group. */
  byGroup(): Float32Array {
    const { depth, filters, groups, taps, weights, bias, outHeight, outWidth } = this.layer;
    const y = this.kernels.output(this.outputs);
    const at = (name: string, bytes: number): number => {
      const field = this.fields[name];
      return typeof field === "number" ? 0 : field.at + bytes;
    };
    for (const group of groupsOf(this.layer)) {
      const first = group * filters;
      const own = new Float32Array(8 * Math.ceil(filters / 8));
      own.set(bias.subarray(first, first + filters));
      this.kernels.call("conv_forward_4x8", (own.length / 8) * outHeight * Math.ceil(outWidth / 4), {
        ...this.fields,
        x: at("x", 4 * group * depth),
        residual: at("residual", 4 * first),
        y: y.at + 4 * first,
        weights: this.kernels.input(packForward(weights, taps, depth, filters * groups, first, filters, 8)),
        bias: this.kernels.input(own),
        nonzeros: 0,
        most: 0,
      });
    }
    return y.values();
  }

  /** All groups at once, `chunk` blocks of filters a tile. */
  grouped(kernel: string, pixels: number, block: number, chunk: number): Float32Array {
    const { depth, filters, groups, taps, weights, outHeight, outWidth } = this.layer;
    const packed = groupsOf(this.layer).map((group) =>
      packForward(weights, taps, depth, filters * groups, group * filters, filters, block),
    );
    const y = this.kernels.output(this.outputs);
    const rounds = depth % ROUND === 0 ? depth / ROUND : depth;
    const chunks = Math.ceil((groups * Math.ceil(filters / block)) / chunk);
    this.kernels.call(kernel, chunks * outHeight * Math.ceil(outWidth / pixels), {
      ...this.fields,
      y,
      weights: this.kernels.input(joined(packed)),
      bias: this.kernels.input(this.paddedBias(block)),
      groups,
      chunk,
      scratch: this.kernels.scratch(4 * pixels * taps * rounds),
    });
    return y.values();
  }

  columns(): Float32Array {
    const { depth, filters, groups, kernel, weights, outWidth, tapFields } = this.layer;
    const packed = groupsOf(this.layer).map((group) =>
      packColumns(weights, kernel[1], depth, filters * groups, group * filters, filters, 4),
    );
    const y = this.kernels.output(this.outputs);
    const { kernelHeight, strideHeight, strideWidth, dilationHeight, dilationWidth, ...fields } = this.fields;
    expect([tapFields.kernelHeight, strideHeight, strideWidth]).toEqual([3, 1, 1]);
    this.kernels.call("conv_forward_columns_3x4", Math.ceil(outWidth / 3) * groups * Math.ceil(filters / 4), {
      ...fields,
      y,
      weights: this.kernels.input(joined(packed)),
      bias: this.kernels.input(this.paddedBias(4)),
      groups,
    });
    return y.values();
  }

  private paddedBias(block: number): Float32Array {
    const { filters, bias } = this.layer;
    const padded = block * Math.ceil(filters / block);
    const all = new Float32Array(padded * this.layer.groups);
    for (const group of groupsOf(this.layer))
      all.set(bias.subarray(group * filters, (group + 1) * filters), group * padded);
    return all;
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export interface GroupedVjpData {
  readonly layer: GroupedLayer;
  readonly xLive: readonly boolean[];
  readonly yLive: readonly boolean[];
  /** Live units have random cotangents, dead ones NaN; `[unit][12]`. */
  readonly gy: Float32Array;
  readonly gx: Float32Array;
  readonly accumulates: boolean;
}

export function groupedVjpData(layer: GroupedLayer, accumulates: boolean): GroupedVjpData {
  const { depth, filters, groups, height, width, outHeight, outWidth } = layer;
  const random = randomValues(11);
  const live = (length: number) => Array.from({ length }, () => random.chance(0.6));
  const xLive = live(height * width * depth * groups);
  const yLive = live(outHeight * outWidth * filters * groups);
  const cotangents = (units: readonly boolean[]) =>
    Float32Array.from({ length: 12 * units.length }, (_, i) =>
      units[Math.floor(i / 12)] ? random.uniform(-2, 2) : Number.NaN,
    );
  return { layer, xLive, yLive, gy: cotangents(yLive), gx: cotangents(xLive), accumulates };
}

/** A layer's cotangents in memory, with the lists that the vjp kernels share. */
export class GroupedVjpCalls {
  private readonly kernels: WasmKernels;
  private readonly fields: Readonly<Record<string, number | { readonly at: number }>>;
  private readonly stride: number;

  constructor(
    relaxed: boolean,
    private readonly data: GroupedVjpData,
    private readonly lanes: 4 | 8 | 10 | 12,
    private readonly compact: boolean,
  ) {
    const { layer, xLive, yLive } = data;
    const { depth, filters, groups, height, width, outHeight, outWidth, tapFields } = layer;
    this.kernels = new WasmKernels(relaxed);
    this.stride = 4 * Math.ceil(lanes / 4);
    const x = this.lists(xLive, depth * groups, depth, width);
    const y = this.lists(yLive, filters * groups, filters, outWidth);
    this.fields = {
      ...tapFields,
      gy: this.kernels.input(this.inMemory(data.gy, y.places)),
      yTable: y.table,
      yPitch: y.pitch,
      yChannels: filters * groups,
      yEntries: compact ? y.entries : 0,
      ...{ outHeight, outWidth, height, width },
      xTable: x.table,
      xPitch: x.pitch,
      xChannels: depth * groups,
      xEntries: compact ? x.entries : 0,
      rowBytes: 4 * depth,
      tapBytes: 4 * depth * filters,
      initValues: 0,
      initLow: 0,
      initHigh: 0,
    };
    this.start = this.inMemory(data.gx, x.places);
  }

  private readonly start: Float32Array;

  byGroup(): Float32Array {
    const { depth, filters, groups, taps, weights, height, width, kernel, outWidth } = this.data.layer;
    const { lanes } = this;
    const gx = this.kernels.inout(this.start);
    const { listBytes, scratchBytes } = vjpScratch(kernel, outWidth, filters);
    for (const group of groupsOf(this.data.layer)) {
      const packed = packVjp(weights, taps, depth, filters * groups, group * filters, filters, depth);
      this.kernels.call(`conv_vjp_${lanes}`, height * width, {
        ...this.fields,
        gx,
        init: this.data.accumulates ? gx : 0,
        yBegin: 4 * group,
        yEnd: 4 * (group + 1),
        yFirst: group * filters,
        firstBlock: group,
        weights: this.kernels.input(packed),
        blockBytes: 4 * packed.length,
        listBytes,
        scratch: this.kernels.scratch(4 * Math.ceil(scratchBytes / 4)),
      });
    }
    return gx.values();
  }

  grouped(chunk: number, groupListBytes: number): Float32Array {
    const { lanes } = this;
    const { layer } = this.data;
    const { depth, filters, groups, taps, weights, height, width } = layer;
    const gx = this.kernels.inout(this.start);
    const packed = groupsOf(layer).map((group) =>
      packVjp(weights, taps, depth, filters * groups, group * filters, filters, depth),
    );
    const tuning = { ...TUNING, groupListBytes, vjpWindows: groupListBytes < 100 ? 1 : 2 };
    const { scratchBytes, ...room } = groupScratch({ ...layer, groupFilters: filters }, chunk, tuning);
    this.kernels.call(`conv_vjp_grouped_${lanes}`, Math.ceil(groups / chunk) * height * width, {
      ...this.fields,
      ...room,
      gx,
      init: this.data.accumulates ? gx : 0,
      weights: this.kernels.input(joined(packed)),
      groupBytes: 4 * taps * depth * filters,
      ...{ filters, groups, chunk },
      scratch: this.kernels.scratch(scratchBytes),
    });
    return gx.values();
  }

  /** Where cotangents `[unit][12]` lie. */
  private inMemory(values: Float32Array, places: readonly number[]): Float32Array {
    const there = new Float32Array((values.length / 12) * this.stride).fill(Number.NaN);
    places.forEach((place, u) => {
      if (place >= 0) there.set(values.subarray(12 * u, 12 * u + this.lanes), place * this.stride);
    });
    return there;
  }

  /** The lists that `live_list` makes, in blocks of a group's channels; `places`: of a unit's cotangents, -1 if it is dead. */
  private lists(live: readonly boolean[], channels: number, block: number, width: number) {
    const entries = new Int32Array(live.length + 8).fill(-1);
    const places: number[] = [];
    const boundaries: number[] = [];
    let next = 0;
    for (let pixel = 0; pixel * channels < live.length; pixel++) {
      if (pixel % width === 0) next = pixel * channels;
      for (let c = 0; c < channels; c++) {
        const u = pixel * channels + c;
        if (c % block === 0) boundaries.push(next);
        places.push(live[u] ? (this.compact ? next : u) : -1);
        if (live[u]) entries[next++] = c;
      }
      boundaries.push(next);
    }
    const { at } = this.kernels.input(entries);
    const table = this.kernels.input(Int32Array.from(boundaries, (entry) => at + 4 * entry));
    return { table, pitch: 4 * (channels / block + 1), entries: at, places };
  }
}
