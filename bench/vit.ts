import type { NetworkSpec } from "../src/network/spec.js";
import { HeNetwork } from "./he_network.js";

/** Sizes of a vision transformer. */
export interface VitSizes {
  readonly image: number;
  readonly patch: number;
  readonly width: number;
  readonly blocks: number;
  readonly heads: number;
  readonly classes: number;
}

/** ViT-tiny for images of 224x224: 197 tokens (arXiv:2012.12877, table 1, without distillation). */
export const VIT_TINY: VitSizes = {
  image: 224,
  patch: 16,
  width: 192,
  blocks: 12,
  heads: 3,
  classes: 1000,
};

/**
 * A vision transformer (arXiv:2010.11929) with a class token, normalised before attention and before its MLP of four times
 * the width; queries, keys and values come from one dense layer, as exporters write it.
 */
export function vit(seed: number, { image, patch, width, blocks, heads, classes }: VitSizes): NetworkSpec {
  const net = new HeNetwork("vit", seed, image);
  const tokens = (image / patch) ** 2 + 1;
  net.conv(width, { kernel: patch, stride: patch, gain: 1 });
  const patches = net.push({ op: "Reshape", shape: [tokens - 1, width] });
  net.push({ op: "Concat", axis: 0 }, net.constant([1, width], 1), patches);
  let trunk = net.add(net.last, net.constant([tokens, width], 0.1));
  for (let block = 0; block < blocks; block++) {
    net.layerNormalization(trunk);
    attention(net, tokens, width, heads);
    trunk = net.add(net.dense(width, { gain: 1 }), trunk);
    net.layerNormalization(trunk);
    net.dense(4 * width, { gain: 1 });
    net.push({ op: "Gelu", approximate: "none" });
    trunk = net.add(net.dense(width), trunk);
  }
  net.layerNormalization(trunk);
  net.push({ op: "Slice", starts: [0, 0], ends: [1, width] });
  net.push({ op: "Reshape", shape: [width] });
  net.dense(classes, { gain: 1 });
  return net.spec();
}

/** What every token takes from the others, head by head, of the last layer. */
function attention(net: HeNetwork, tokens: number, width: number, heads: number): void {
  const joint = net.dense(3 * width, { gain: 1 });
  const depth = width / heads;
  const part = (index: number): string => {
    net.push({ op: "Slice", starts: [0, index * width], ends: [tokens, (index + 1) * width] }, joint);
    net.push({ op: "Reshape", shape: [tokens, heads, depth] });
    return net.push({ op: "Transpose", perm: [1, 0, 2] });
  };
  const [queries, keys, values] = [part(0), part(1), part(2)];
  const factor = { op: "Constant", shape: [1], data: Float32Array.of(depth ** -0.5) } as const;
  const scaled = net.push({ op: "Mul" }, queries, net.push(factor));
  net.push({ op: "MatMul", transposeB: true }, scaled, keys);
  net.push({ op: "Softmax" });
  net.push({ op: "MatMul" }, net.last, values);
  net.push({ op: "Transpose", perm: [1, 0, 2] });
  net.push({ op: "Reshape", shape: [tokens, width] });
}
