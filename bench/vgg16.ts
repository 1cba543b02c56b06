import type { NetworkSpec } from "../src/network/spec.js";
import { HeNetwork } from "./he_network.js";

/** Filters of VGG-16's 3x3 convolutions, block by block (configuration D of arXiv:1409.1556). */
const BLOCKS = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
] as const;

/**
 * VGG-16 with seeded He weights.
 *
 * @param size height and width of the images, a multiple of 32; VGG-16 proper has 224
 * @param hidden width of the dense layers; VGG-16 proper has 4096
 */
export function vgg16(seed: number, size = 224, hidden = 4096, classes = 1000): NetworkSpec {
  const net = new HeNetwork("vgg16", seed, size);
  for (const block of BLOCKS) {
    for (const filters of block) net.convRelu(filters, { pad: 1 });
    net.maxPool(2);
  }
  net.flatten();
  for (let i = 0; i < 2; i++) {
    net.dense(hidden);
    net.relu();
  }
  net.dense(classes);
  return net.spec();
}
