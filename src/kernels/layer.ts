import type { ChannelAffine } from "./facts.js";

/** Weights whose last axis is the output channel, and a bias for each. */
interface Layer {
  readonly weights: Float32Array;
  readonly bias?: Float32Array;
}

/**
 * The layer with affine functions of its output's channels folded in, in their order:
 *
 *     scale (W x + b) + offset = (scale W) x + (scale b + offset)
 *
 * A whole chain is composed in float64 and rounded to float32 once; undefined if float32 cannot hold it.
 */
export function scaledLayer<L extends Layer>(layer: L, affines: readonly ChannelAffine[]): L | undefined {
  const channels = affines[0].scale.length;
  const scale = new Float64Array(channels).fill(1);
  const offset = Float64Array.from({ length: channels }, (_, c) => layer.bias?.[c] ?? 0);
  for (const affine of affines)
    for (let c = 0; c < channels; c++) {
      scale[c] *= affine.scale[c];
      offset[c] = affine.scale[c] * offset[c] + affine.offset[c];
    }
  const weights = scale.every((s) => s === 1)
    ? layer.weights
    : layer.weights.map((w, i) => w * scale[i % channels]);
  const bias = Float32Array.from(offset);
  if (!weights.every(Number.isFinite) || !bias.every(Number.isFinite)) return undefined;
  return { ...layer, weights, bias };
}
