import { type WindowParams, windowParams } from "../max_pool/wgsl_forward.js";
import { clampCode } from "../webgpu/not_a_number.js";
import { mapShader, type Shader } from "../webgpu/shader.js";

/** Neighbouring results of a row, or of every stride-th column, that an invocation computes with the same weights. */
export const COLUMNS = 4;

export interface DepthwiseStructure {
  /** One filter a channel, and channels a multiple of four: an element is four of them. */
  readonly vector: boolean;
}

export type DepthwiseParams =
  | WindowParams
  | "multiplier"
  | "dilationHeight"
  | "dilationWidth"
  | "low"
  | "high";

/**
 * Convolution of each channel by itself, `multiplier` filters a channel, with bias and clamp; weights `[tap][filter]`.
 *
 *     y[i, j, o] = clamp(bias[o] + sum_{p, q} w[p, q, o] x[i s0 + p d0 - top, j s1 + q d1 - left, o / multiplier])
 *
 * `units` are `outHeight * ceil(outWidth / COLUMNS) * filters` in elements, one invocation each. Taps are summed
 * in row-major order, the bias is added last: error <= (taps + 1) u (|bias| + sum |w x|), u = 2^-24.
 */
export function depthwiseForwardShader({ vector }: DepthwiseStructure): Shader<"units" | DepthwiseParams> {
  const type = vector ? "vec4f" : "f32";
  const columns = Array.from({ length: COLUMNS }, (_, k) => k);
  return mapShader<DepthwiseParams>({
    name: `depthwise_forward${vector ? "_c4" : ""}`,
    params: {
      ...windowParams,
      multiplier: "i32",
      dilationHeight: "i32",
      dilationWidth: "i32",
      low: "f32",
      high: "f32",
    },
    reads: { x: type, weights: type, bias: type },
    writes: { y: type },
    extent: "images",
    declarations: clampCode(type),
    body: `
  let filters = p.channels * p.multiplier;
  let o = i32(u) % filters;
  let block = i32(u) / filters;
  let blocks = (p.outWidth + ${COLUMNS - 1}) / ${COLUMNS};
  let i = block / blocks;
  let j = (block % blocks) * ${COLUMNS};
  let c = o / p.multiplier;
  let image = n * u32(p.height * p.width * p.channels);
${columns.map((k) => `  var sum${k} = ${type}();`).join("\n")}
  for (var r = 0; r < p.kernelHeight; r++) {
    let row = i * p.strideHeight + r * p.dilationHeight - p.padTop;
    if (row < 0 || row >= p.height) { continue; }
    for (var q = 0; q < p.kernelWidth; q++) {
      let w = weights[(r * p.kernelWidth + q) * filters + o];
      var column = j * p.strideWidth + q * p.dilationWidth - p.padLeft;
${columns
  .map(
    (k) => `      if (column >= 0 && column < p.width) {
        sum${k} = fma(w, x[image + u32((row * p.width + column) * p.channels + c)], sum${k});
      }${k < COLUMNS - 1 ? "\n      column += p.strideWidth;" : ""}`,
  )
  .join("\n")}
    }
  }
  let to = (n * u32(p.outHeight) + u32(i)) * u32(p.outWidth * filters);
${columns
  .map(
    (k) => `  if (j + ${k} < p.outWidth) {
    y[to + u32((j + ${k}) * filters + o)] = clamped(sum${k} + bias[o]);
  }`,
  )
  .join("\n")}`,
  });
}
