import type { ChannelAffine } from "../../facts.js";
import type { Node } from "../../node.js";
import type { LayerNormalization } from "./spec.js";

/**
 * The node with affine functions of the last axis folded into its scale and bias, composed in float64; undefined if float32
 * cannot hold them.
 */
export function scaledAndMoved(
  node: Node<LayerNormalization>,
  affines: readonly ChannelAffine[],
): Node<LayerNormalization> | undefined {
  const depth = node.shape[node.shape.length - 1];
  const scale = Float64Array.from({ length: depth }, (_, i) => node.scale?.[i] ?? 1);
  const bias = Float64Array.from({ length: depth }, (_, i) => node.bias?.[i] ?? 0);
  for (const affine of affines)
    for (let i = 0; i < depth; i++) {
      scale[i] *= affine.scale[i];
      bias[i] = affine.scale[i] * bias[i] + affine.offset[i];
    }
  const rounded = { scale: Float32Array.from(scale), bias: Float32Array.from(bias) };
  if (![...rounded.scale, ...rounded.bias].every(Number.isFinite)) return undefined;
  return { ...node, ...rounded };
}
