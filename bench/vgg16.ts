import type { NetworkSpec, NodeSpec } from "../src/network/spec.js";
import { normal } from "./images.js";

/** Filters of VGG-16's 3x3 convolutions (configuration D of arXiv:1409.1556); "pool" halves height and width. */
const LAYERS = [64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool"] as const;
const LAST = [512, 512, 512, "pool"] as const;

/**
 * VGG-16 with seeded He weights and zero biases: the shapes are what is measured, and under He weights about half
 * of the units are live in every layer.
 *
 * @param size height and width of the images, a multiple of 32; VGG-16 proper has 224
 * @param hidden width of the dense layers; VGG-16 proper has 4096
 */
export function vgg16(seed: number, size = 224, hidden = 4096, classes = 1000): NetworkSpec {
  const gauss = normal(seed);
  const he = (count: number, fanIn: number): Float32Array => {
    const scale = Math.sqrt(2 / fanIn);
    const weights = new Float32Array(count);
    for (let i = 0; i < count; i++) weights[i] = scale * gauss();
    return weights;
  };
  const nodes: NodeSpec[] = [];
  let last = "image";
  const push = (node: NodeSpec): void => {
    nodes.push(node);
    last = node.name;
  };
  let channels = 3;
  let side = size;
  [...LAYERS, ...LAST].forEach((filters, i) => {
    if (filters === "pool") {
      push({
        op: "MaxPool",
        name: `pool${i}`,
        inputs: [last],
        kernel: [2, 2],
        strides: [2, 2],
        pads: [0, 0, 0, 0],
      });
      side /= 2;
      return;
    }
    push({
      op: "Conv",
      name: `conv${i}`,
      inputs: [last],
      weights: he(9 * channels * filters, 9 * channels),
      bias: new Float32Array(filters),
      filters,
      kernel: [3, 3],
      strides: [1, 1],
      dilations: [1, 1],
      pads: [1, 1, 1, 1],
      groups: 1,
    });
    push({ op: "Relu", name: `relu${i}`, inputs: [last] });
    channels = filters;
  });
  push({ op: "Flatten", name: "flatten", inputs: [last] });
  let inputs = side * side * channels;
  for (const [i, units] of [hidden, hidden, classes].entries()) {
    push({
      op: "Gemm",
      name: `dense${i}`,
      inputs: [last],
      weights: he(inputs * units, inputs),
      bias: new Float32Array(units),
      units,
    });
    inputs = units;
    if (i < 2) push({ op: "Relu", name: `dense${i}_relu`, inputs: [last] });
  }
  return { name: "vgg16", input: { name: "image", shape: [size, size, 3] }, nodes, output: last };
}
