import type { NetworkSpec } from "../src/network/spec.js";
import { HeNetwork } from "./he_network.js";

/** Stages of EfficientNet-B0 (arXiv:1905.11946, table 1): expansion, channels, blocks, first stride, kernel. */
const STAGES = [
  [1, 16, 1, 1, 3],
  [6, 24, 2, 2, 3],
  [6, 40, 2, 2, 5],
  [6, 80, 3, 2, 3],
  [6, 112, 3, 1, 5],
  [6, 192, 4, 2, 5],
  [6, 320, 1, 1, 3],
] as const;

/** What keeps the second moment behind a swish (0.36 of a standard normal's), and what keeps logits of the order of 1. */
const [SWISH, GATED] = [2.8, 6];

/**
 * EfficientNet-B0, batch normalisation folded: inverted residuals with depthwise convolutions, swish, and channels that are
 * squeezed and excited. Weights keep the second moment from layer to layer, as normalised ones do.
 *
 * @param size height and width of the images; EfficientNet-B0 proper has 224
 */
export function efficientnet(seed: number, size = 224, classes = 1000): NetworkSpec {
  const net = new HeNetwork("efficientnet", seed, size);
  const swish = (): string => net.push({ op: "Swish" });
  net.conv(32, { stride: 2, pad: 1, gain: 1 });
  let trunk = swish();
  let channels = 32;
  let gain: number = SWISH;
  for (const [expansion, filters, blocks, first, kernel] of STAGES)
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 ? first : 1;
      net.last = trunk;
      if (expansion > 1) {
        net.conv(expansion * channels, { kernel: 1, gain });
        swish();
      }
      net.depthwise({ kernel, stride, pad: (kernel - 1) / 2, gain: SWISH });
      squeezeAndExcite(net, swish(), expansion * channels, channels / 4);
      const branch = net.conv(filters, { kernel: 1, gain: GATED });
      trunk = stride === 1 && filters === channels ? net.add(branch, trunk) : branch;
      channels = filters;
      gain = 1;
    }
  net.conv(1280, { kernel: 1, gain });
  swish();
  net.globalAverage();
  net.dense(classes, { gain: SWISH });
  return net.spec();
}

/** Multiplies every channel by a function of the means of all (arXiv:1709.01507). */
function squeezeAndExcite(net: HeNetwork, value: string, channels: number, squeezed: number): void {
  net.globalAverage();
  net.push({ op: "Reshape", shape: [1, 1, channels] });
  net.conv(squeezed, { kernel: 1, gain: SWISH });
  net.push({ op: "Swish" });
  net.conv(channels, { kernel: 1, gain: SWISH });
  net.push({ op: "Mul" }, value, net.push({ op: "Sigmoid" }));
}
