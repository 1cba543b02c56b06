import type { NetworkSpec } from "../src/network/spec.js";
import { HeNetwork } from "./he_network.js";

/** CIFAR-10's ResNet-20 (arXiv:1512.03385, section 4.2), batch norm folded, its shortcuts projections. */
export function resnet20(seed: number): NetworkSpec {
  const net = new HeNetwork("resnet20", seed, 32);
  let trunk = net.convRelu(16, { pad: 1 });
  for (const filters of [16, 32, 64])
    for (let block = 0; block < 3; block++) {
      const stride = filters > 16 && block === 0 ? 2 : 1;
      net.convRelu(filters, { from: trunk, stride, pad: 1 });
      const branch = net.conv(filters, { pad: 1 });
      const shortcut = stride === 1 ? trunk : net.conv(filters, { from: trunk, kernel: 1, stride });
      net.add(branch, shortcut);
      trunk = net.relu();
    }
  net.globalAverage();
  net.dense(10);
  return net.spec();
}

/** Filters of the fire modules of SqueezeNet 1.1: squeeze, and each of the two expansions; "pool" before the next. */
const FIRES = [
  [16, 64],
  [16, 64],
  "pool",
  [32, 128],
  [32, 128],
  "pool",
  [48, 192],
  [48, 192],
  [64, 256],
  [64, 256],
] as const;

/** SqueezeNet 1.1 (arXiv:1602.07360), for images of 224x224. */
export function squeezenet(seed: number): NetworkSpec {
  const net = new HeNetwork("squeezenet", seed, 224);
  net.convRelu(64, { stride: 2 });
  net.maxPool(3);
  for (const fire of FIRES) {
    if (fire === "pool") {
      net.maxPool(3);
      continue;
    }
    const [squeezed, expanded] = fire;
    const from = net.convRelu(squeezed, { kernel: 1 });
    const one = net.convRelu(expanded, { from, kernel: 1 });
    const three = net.convRelu(expanded, { from, pad: 1 });
    net.concat(one, three);
  }
  net.convRelu(1000, { kernel: 1 });
  net.globalAverage();
  return net.spec();
}

/** Two convolutions, a residual one and a dense layer, for images of 16x16: what a software GPU computes in milliseconds. */
export function tiny(seed: number): NetworkSpec {
  const net = new HeNetwork("tiny", seed, 16);
  net.convRelu(8, { pad: 1 });
  const trunk = net.convRelu(16, { stride: 2, pad: 1 });
  net.add(net.conv(16, { pad: 1 }), trunk);
  net.relu();
  net.globalAverage();
  net.dense(10);
  return net.spec();
}
