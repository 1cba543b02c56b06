/** The demonstration's classifier: a residual network of 8 layers (He et al. 2015), 16-32-64 channels. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs";
import { Random } from "../../src/demo/random.js";
import { type BatchStatistics, batchNormalisation, batchStatistics, convolution } from "./differentiable.js";
import { tf } from "./tf.js";

export const EPSILON = 1e-3;

export interface ConvLayer {
  readonly name: string;
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
  readonly inputs: number;
  readonly filters: number;
}

export interface Block {
  readonly name: string;
  readonly first: ConvLayer;
  readonly second: ConvLayer;
  /** 1x1 convolution on the way past, where the shape changes. */
  readonly shortcut?: ConvLayer;
}

export interface Architecture {
  readonly stem: ConvLayer;
  readonly blocks: readonly Block[];
  readonly classes: number;
}

export function architecture(widths: readonly number[], classes: number): Architecture {
  const blocks = widths.map((filters, i): Block => {
    const name = `block${i + 1}`;
    const inputs = widths[Math.max(i - 1, 0)];
    const stride = i === 0 ? 1 : 2;
    return {
      name,
      first: { name: `${name}_conv1`, kernel: 3, stride, inputs, filters },
      second: { name: `${name}_conv2`, kernel: 3, stride: 1, inputs: filters, filters },
      shortcut: stride === 1 ? undefined : { name: `${name}_shortcut`, kernel: 1, stride, inputs, filters },
    };
  });
  return { stem: { name: "stem", kernel: 3, stride: 1, inputs: 3, filters: widths[0] }, blocks, classes };
}

export function convLayers({ stem, blocks }: Architecture): ConvLayer[] {
  return [stem, ...blocks.flatMap((b) => [b.first, b.second, ...(b.shortcut ? [b.shortcut] : [])])];
}

export interface Parameter {
  readonly shape: number[];
  readonly values: Float32Array;
  /** Learnt by gradient descent (the others are running statistics). */
  readonly trainable: boolean;
  /** Subject to weight decay. */
  readonly decays: boolean;
}

/** Parameters by `layer/weight`, in the names that tfjs LayersModels use. */
export type Parameters = Map<string, Parameter>;

/** He-normal convolutions, identity normalisations. */
export function initialParameters(net: Architecture, seed: number): Parameters {
  const random = new Random(seed, 77);
  const parameters: Parameters = new Map();
  const add = (name: string, shape: number[], fill: () => number, trainable = true, decays = false): void => {
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1)).map(fill);
    parameters.set(name, { shape, values, trainable, decays });
  };
  for (const { name, kernel, inputs, filters } of convLayers(net)) {
    const deviation = Math.sqrt(2 / (kernel * kernel * filters));
    add(`${name}/kernel`, [kernel, kernel, inputs, filters], () => random.normal(deviation), true, true);
    add(`${name}_bn/gamma`, [filters], () => 1);
    add(`${name}_bn/beta`, [filters], () => 0);
    add(`${name}_bn/moving_mean`, [filters], () => 0, false);
    add(`${name}_bn/moving_variance`, [filters], () => 1, false);
  }
  const features = net.blocks[net.blocks.length - 1].second.filters;
  const bound = Math.sqrt(1 / features);
  add("logits/kernel", [features, net.classes], () => random.normal(bound), true, true);
  add("logits/bias", [net.classes], () => 0);
  return parameters;
}

export type Tensors = ReadonlyMap<string, Tensor>;
/** Told the statistics of every batch normalisation in training. */
export type Observer = (layer: string, statistics: BatchStatistics) => void;

/** Logits `[N, classes]` of network inputs `[N, H, W, 3]`. With an observer: training mode, batch statistics. */
export function logits(net: Architecture, weights: Tensors, images: Tensor4D, observe?: Observer): Tensor2D {
  const get = (name: string): Tensor => {
    const tensor = weights.get(name);
    if (!tensor) throw new Error(`logits: no weight ${name}`);
    return tensor;
  };
  const conv = (x: Tensor4D, layer: ConvLayer): Tensor4D => {
    const y = convolution(x, get(`${layer.name}/kernel`) as Tensor4D, layer.stride);
    const bn = `${layer.name}_bn`;
    const gamma = get(`${bn}/gamma`) as Tensor1D;
    const beta = get(`${bn}/beta`) as Tensor1D;
    if (observe) {
      const statistics = batchStatistics(y);
      observe(bn, statistics);
      return batchNormalisation(y, gamma, beta, statistics, EPSILON);
    }
    const mean = get(`${bn}/moving_mean`) as Tensor1D;
    const variance = get(`${bn}/moving_variance`) as Tensor1D;
    return batchNormalisation(y, gamma, beta, { mean, variance }, EPSILON);
  };
  let x = tf.relu(conv(images, net.stem));
  for (const block of net.blocks) {
    const inner = conv(tf.relu(conv(x, block.first)), block.second);
    x = tf.relu(tf.add<Tensor4D>(inner, block.shortcut ? conv(x, block.shortcut) : x));
  }
  const [n, h, w, c] = x.shape;
  const pooled = tf.mean(tf.reshape(x, [n, h * w, c]), 1) as Tensor2D;
  return tf.add(tf.matMul(pooled, get("logits/kernel") as Tensor2D), get("logits/bias"));
}
