import type { NetworkSpec } from "../src/network/spec.js";
import { HeNetwork } from "./he_network.js";

/** Stages of ConvNeXt-T (arXiv:2201.03545, section 3): blocks and channels. */
const STAGES = [
  [3, 96],
  [3, 192],
  [9, 384],
  [3, 768],
] as const;

/**
 * ConvNeXt-T: depthwise 7x7 convolutions, layer normalisation of the channels of a pixel, dense layers on channels, and a
 * learned factor for each channel of a branch.
 *
 * @param size height and width of the images; ConvNeXt-T proper has 224
 */
export function convnext(seed: number, size = 224, classes = 1000): NetworkSpec {
  const net = new HeNetwork("convnext", seed, size);
  let trunk = "";
  for (const [blocks, channels] of STAGES) {
    if (trunk === "") {
      net.conv(channels, { kernel: 4, stride: 4, gain: 1 });
      trunk = net.layerNormalization();
    } else {
      net.layerNormalization(trunk);
      trunk = net.conv(channels, { kernel: 2, stride: 2, gain: 1 });
    }
    for (let block = 0; block < blocks; block++) {
      net.depthwise({ from: trunk, kernel: 7, pad: 3, gain: 1 });
      net.layerNormalization();
      net.dense(4 * channels, { gain: 1 });
      net.push({ op: "Gelu", approximate: "none" });
      const branch = net.dense(channels);
      trunk = net.add(net.push({ op: "Mul" }, branch, net.constant([channels], 0.1)), trunk);
    }
  }
  net.globalAverage();
  net.layerNormalization();
  net.dense(classes, { gain: 1 });
  return net.spec();
}
