import { packForward, packVjp } from "../../src/kernels/conv/pack.js";
import { vjpBlocks, vjpScratch } from "../../src/kernels/conv/vjp_blocks.js";
import type { KernelSource } from "../../src/kernels/wasm/assembler.js";
import { TUNING } from "../../src/kernels/wasm/tuning.js";
import { normal, uniform } from "../images.js";
import { floatBits, type Instance } from "../roofline/module.js";
import { type ConvShape, outputSize } from "../shapes.js";

/** A kernel call that is ready to run, with the work it does and the largest error of its result. */
export interface KernelCall {
  readonly run: () => void;
  /** Multiply-adds that are not skipped. */
  readonly macs: number;
  /** Largest error on some outputs, and the bound that the kernel's rounding allows. */
  readonly error: number;
  readonly bound: number;
}

/** Outputs that are compared with a sum in float64. */
const PROBES = 32;
/** Rounding of a product and a sum. */
const UNIT = 2 ** -24;

/** The weights of a layer, HWIO, of the size that He's rule gives. */
function weightsOf({ kernel, channels, filters }: ConvShape): Float32Array {
  const gauss = normal(1);
  const scale = Math.sqrt(2 / (kernel * kernel * channels));
  return Float32Array.from({ length: kernel * kernel * channels * filters }, () => scale * gauss());
}

/** The forward kernel with a tile of `pixels` x `4 vectors`, run once and checked. */
export function forwardCall(
  instance: Instance,
  source: KernelSource,
  tile: { readonly pixels: number; readonly vectors: number },
  shape: ConvShape,
): KernelCall {
  instance.reset();
  const { height, width, channels, filters, kernel, stride, pad } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const block = 4 * tile.vectors;
  const weights = weightsOf(shape);
  const packed = packForward(weights, kernel * kernel, channels, filters, 0, filters, block);
  const place = (values: Float32Array): number => {
    const at = instance.reserve(values.byteLength);
    instance.floats(at, values.length).set(values);
    return at;
  };
  const random = uniform(2);
  const input = Float32Array.from({ length: height * width * channels }, random);
  const x = place(input);
  const y = instance.reserve(4 * outHeight * outWidth * filters);
  // A 1x1 convolution without strides is one long row, as the engine runs it.
  const flat = kernel === 1 && stride === 1;
  const [rows, columns] = flat ? [1, height * width] : [height, width];
  const [outRows, outColumns] = flat ? [1, outHeight * outWidth] : [outHeight, outWidth];
  const args = instance.fields(source, {
    x,
    weights: place(packed),
    bias: place(new Float32Array(Math.ceil(filters / block) * block)),
    y,
    residual: 0,
    zeros: place(new Float32Array(channels)),
    height: rows,
    width: columns,
    xRow: 4 * columns * channels,
    xPixel: 4 * channels,
    kernelHeight: kernel,
    kernelWidth: kernel,
    strideHeight: stride,
    strideWidth: stride,
    padTop: pad,
    padLeft: pad,
    dilationHeight: 1,
    dilationWidth: 1,
    depth: channels,
    filters,
    outHeight: outRows,
    outWidth: outColumns,
    yPixel: 4 * filters,
    low: floatBits(-Infinity),
    high: floatBits(Infinity),
    nonzeros: 0,
    most: 0,
  });
  const tiles = Math.ceil(filters / block) * outRows * Math.ceil(outColumns / tile.pixels);
  const call = instance.kernel(source.name);
  const run = (): void => call(args, 0, tiles);
  run();
  const found = instance.floats(y, outHeight * outWidth * filters);
  let [error, bound] = [0, 0];
  for (let probe = 0; probe < PROBES; probe++) {
    const i = Math.floor(random() * outHeight);
    const j = probe === 0 ? outWidth - 1 : Math.floor(random() * outWidth);
    const o = probe === 1 ? filters - 1 : Math.floor(random() * filters);
    let [sum, size] = [0, 0];
    for (let t = 0; t < kernel * kernel; t++) {
      const h = i * stride - pad + Math.floor(t / kernel);
      const w = j * stride - pad + (t % kernel);
      if (h < 0 || w < 0 || h >= height || w >= width) continue;
      for (let c = 0; c < channels; c++) {
        const product = input[(h * width + w) * channels + c] * weights[(t * channels + c) * filters + o];
        sum += product;
        size += Math.abs(product);
      }
    }
    error = larger(error, Math.abs(found[(i * outWidth + j) * filters + o] - sum));
    bound = Math.max(bound, (kernel * kernel * channels + 1) * UNIT * size);
  }
  return { run, macs: outHeight * outWidth * filters * channels * kernel * kernel, error, bound };
}

/** The vjp kernel of `lanes` cotangents, on units that live at random with the densities of the shape. */
export function vjpCall(
  instance: Instance,
  source: KernelSource,
  lanes: number,
  shape: ConvShape,
): KernelCall {
  instance.reset();
  const { height, width, channels, filters, kernel, stride, pad } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  // Units lie in whole vectors of four lanes.
  const step = 4 * Math.ceil(lanes / 4);
  const taps = kernel * kernel;
  const { channels: block, filters: part } = vjpBlocks({ taps, depth: channels, filters }, TUNING);
  const { listBytes, scratchBytes } = vjpScratch([kernel, kernel], outWidth, part);
  const scratch = instance.reserve(scratchBytes);
  const blocks = Math.ceil(channels / block);
  const weights = weightsOf(shape);
  const random = uniform(3);
  const gy = instance.reserve(4 * outHeight * outWidth * filters * step);
  const cotangents = instance.floats(gy, outHeight * outWidth * filters * step);
  for (let i = 0; i < cotangents.length; i++) cotangents[i] = random() - 0.5;
  const gx = instance.reserve(4 * height * width * channels * step);
  const y = placeLive(instance, outHeight * outWidth, filters, part, shape.live[1], random);
  const x = placeLive(instance, height * width, channels, block, shape.live[0], random);
  // The engine's calls: each sums over a part of the filters.
  const calls = Array.from({ length: Math.ceil(filters / part) }, (_, i) => {
    const first = i * part;
    const count = Math.min(part, filters - first);
    const packed = packVjp(weights, taps, channels, filters, first, count, block);
    const weightsAt = instance.reserve(packed.byteLength);
    instance.floats(weightsAt, packed.length).set(packed);
    return instance.fields(source, {
      gy,
      yTable: y.table,
      yPitch: y.pitch,
      yBegin: 4 * i,
      yEnd: 4 * (i + 1),
      yChannels: filters,
      yEntries: 0,
      yFirst: first,
      outHeight,
      outWidth,
      gx,
      xTable: x.table,
      xPitch: x.pitch,
      xChannels: channels,
      xEntries: 0,
      height,
      width,
      weights: weightsAt,
      blockBytes: 4 * taps * count * block,
      rowBytes: 4 * block,
      tapBytes: 4 * count * block,
      firstBlock: 0,
      kernelHeight: kernel,
      kernelWidth: kernel,
      strideHeight: stride,
      strideWidth: stride,
      padTop: pad,
      padLeft: pad,
      dilationHeight: 1,
      dilationWidth: 1,
      init: i === 0 ? 0 : gx,
      initValues: 0,
      initLow: 0,
      initHigh: 0,
      listBytes,
      scratch,
    });
  });
  const call = instance.kernel(source.name);
  const run = (): void => {
    for (const args of calls) call(args, 0, blocks * height * width);
  };
  run();

  /** Calls back with every tap of an input pixel that falls on an output. */
  const forTaps = (p: number, body: (tap: number, q: number) => void): void => {
    for (let t = 0; t < taps; t++) {
      const i = (Math.floor(p / width) + pad - Math.floor(t / kernel)) / stride;
      const j = ((p % width) + pad - (t % kernel)) / stride;
      if (Number.isInteger(i) && Number.isInteger(j) && i >= 0 && j >= 0 && i < outHeight && j < outWidth)
        body(t, i * outWidth + j);
    }
  };
  let macs = 0;
  for (let p = 0; p < height * width; p++)
    forTaps(p, (_, q) => {
      macs += x.lists[p].length * y.lists[q].length * lanes;
    });
  const found = instance.floats(gx, height * width * channels * step);
  let [error, bound] = [0, 0];
  for (let probe = 0; probe < PROBES; probe++) {
    const p = Math.floor(random() * height * width);
    if (x.lists[p].length === 0) continue;
    const c = x.lists[p][Math.floor(random() * x.lists[p].length)];
    const lane = Math.floor(random() * lanes);
    let [sum, size, count] = [0, 0, 0];
    forTaps(p, (t, q) => {
      for (const o of y.lists[q]) {
        const product =
          weights[(t * channels + c) * filters + o] * cotangents[(q * filters + o) * step + lane];
        sum += product;
        size += Math.abs(product);
        count++;
      }
    });
    error = larger(error, Math.abs(found[(p * channels + c) * step + lane] - sum));
    bound = Math.max(bound, (count + 1) * UNIT * size);
  }
  return { run, macs, error, bound };
}

/** NaN counts as larger than any number. */
function larger(a: number, b: number): number {
  return b > a || Number.isNaN(b) ? b : a;
}

/** Live lists with one table row a pixel and one boundary a block, as `live_list` makes them. */
function placeLive(
  instance: Instance,
  pixels: number,
  channels: number,
  block: number,
  density: number,
  random: () => number,
) {
  const blocks = Math.ceil(channels / block);
  const table = instance.reserve(4 * pixels * (blocks + 1));
  const entries = instance.reserve(4 * pixels * channels + 64);
  const rows = instance.integers(table, pixels * (blocks + 1));
  const slots = instance.integers(entries, pixels * channels);
  const lists: number[][] = [];
  for (let p = 0; p < pixels; p++) {
    const list: number[] = [];
    for (let c = 0; c < channels; c++) {
      if (c % block === 0) rows[p * (blocks + 1) + c / block] = entries + 4 * (p * channels + list.length);
      if (random() < density) list.push(c);
    }
    rows[p * (blocks + 1) + blocks] = entries + 4 * (p * channels + list.length);
    slots.set(list, p * channels);
    lists.push(list);
  }
  return { table, pitch: 4 * (blocks + 1), lists };
}
