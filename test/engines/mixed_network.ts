import { buildNetwork } from "../../src/network/build.js";
import type { Network } from "../../src/network/spec.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { randomImages } from "../support/random_network.js";

/**
 * A little of everything that has a kernel of its own: masked, dense, strided, grouped and depthwise convolutions,
 * residuals, concatenations, pools, a gate, smooth functions, arithmetic with broadcasts, attention; `classes` scores.
 */
export function mixedNetwork(classes: number, seed = 1): Network {
  const net = new NetworkBuilder([11, 9, 3], seed);
  const stem = net.relu(net.batchNormalization(net.conv(net.input, { filters: 18 })));
  const sum = net.relu(
    net.add({ op: "Add" }, net.conv(net.relu(net.conv(stem, { filters: 18 })), { filters: 18 }), stem),
  );
  const wide = net.add({ op: "Clip", min: 0, max: 6 }, net.conv(sum, { filters: 26, kernel: 1 }));
  const deep = net.add({ op: "Swish" }, net.conv(wide, { filters: 26, groups: 26, strides: 2 }));
  const grouped = net.relu(net.conv(deep, { filters: 12, groups: 2 }));
  const pooled = net.pool(net.relu(net.conv(sum, { filters: 9, strides: 2 })), "MaxPool", {
    kernel: 3,
    pads: "same",
  });
  const joined = net.add({ op: "Concat", axis: 2 }, grouped, pooled);
  const channels = net.shapeOf(joined)[2];
  const gate = net.add({ op: "Sigmoid" }, net.gemm(net.add({ op: "GlobalAveragePool" }, joined), channels));
  const gated = net.add({ op: "Mul" }, joined, gate);
  const averaged = net.pool(gated, "AveragePool", { kernel: 2, strides: 1 });
  const attended = attention(net, averaged);
  const spec = net.build(net.gemm(net.relu(net.gemm(net.flatten(attended), 31)), classes));
  return buildNetwork(spec);
}

/** A transformer's first half on pixels: every head of three sees all of them. */
function attention(net: NetworkBuilder, value: string): string {
  const [height, width, channels] = net.shapeOf(value);
  const pixels = net.add({ op: "Reshape", shape: [height * width, channels] }, value);
  const normal = net.add(
    { op: "LayerNormalization", epsilon: 1e-3, scale: net.weights(channels, 1) },
    pixels,
  );
  const heads = (units: number) =>
    net.add(
      { op: "Transpose", perm: [1, 0, 2] },
      net.add({ op: "Reshape", shape: [height * width, 3, units] }, net.gemm(normal, 3 * units)),
    );
  const scores = net.add({ op: "MatMul", transposeB: true }, heads(5), heads(5));
  const mean = net.add({ op: "MatMul" }, net.add({ op: "Softmax" }, scores), heads(7));
  const together = net.add({ op: "Transpose", perm: [1, 0, 2] }, mean);
  const made = net.gemm(net.add({ op: "Reshape", shape: [height * width, 21] }, together), channels);
  return net.add({ op: "Add" }, made, pixels);
}

/** A network of relus, max pools and weights on a grid of 1/16: its gradients are exact in float32. */
export function exactNetwork(classes: number, seed = 1): Network {
  const net = new NetworkBuilder([8, 7, 2], seed, 1 / 16);
  const stem = net.relu(net.conv(net.input, { filters: 6 }));
  const sum = net.relu(net.add({ op: "Add" }, net.conv(stem, { filters: 6 }), stem));
  const pooled = net.pool(sum, "MaxPool", { kernel: 2, strides: 2 });
  return buildNetwork(net.build(net.gemm(net.flatten(pooled), classes)));
}

export function imagesOf(network: Network, count: number, seed = 7): Float32Array {
  return randomImages({ ...network, nodes: [] }, count, seed);
}
