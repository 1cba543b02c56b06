import type { Tensor } from "./dispatch.js";
import { halfScale, packHalves } from "./half.js";
import type { ForwardContext } from "./lowering.js";
import type { WeightStorage } from "./weights.js";

/** A layer's weights on the device, and what a kernel must know of them. */
export interface StoredWeights {
  readonly weights: Tensor;
  readonly storage: WeightStorage;
  readonly weightScale: number;
}

/**
 * @param weights the layer's own: forward and backward pass have the same scale, so the same halves, and gradients are
 *   those of the network that the forward pass computes
 * @param packed the same in a kernel's order, padded with zeros to fours
 */
export function storeWeights(
  label: string,
  weights: Float32Array,
  packed: Float32Array,
  { constant, weights: wanted }: Pick<ForwardContext, "constant" | "weights">,
): StoredWeights {
  const scale = wanted === "float16" ? halfScale(weights) : undefined;
  if (scale === undefined) return { weights: constant(label, packed), storage: "float32", weightScale: 1 };
  return {
    weights: constant(label, packHalves(packed, scale)),
    storage: "float16",
    weightScale: scale,
  };
}
