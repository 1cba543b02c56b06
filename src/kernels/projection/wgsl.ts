import { ACCEPTED } from "../universal_step/wgsl_accept.js";
import { type Shader, shader, spanShader } from "../webgpu/shader.js";

const INVOCATIONS = 256;

/**
 * `min(1, inside / ||v||_2)` from the sums of squares over v's chunks (`norm_chunks_2`), in an order that D alone
 * decides. One workgroup. Where a square overflows, beyond 1.8e19, the factor is 0.
 */
export const ballFactorShader: Shader<"chunks" | "inside"> = shader<"chunks" | "inside">({
  name: "projection_factor",
  params: { chunks: "u32", inside: "f32" },
  reads: { partial: "f32" },
  writes: { factor: "f32" },
  extent: "images",
  invocations: INVOCATIONS,
  groups: "1u",
  declarations: `var<workgroup> sums: array<f32, ${INVOCATIONS}>;`,
  body: `
  var sum = 0.0;
  for (var i = lane; i < p.chunks; i += ${INVOCATIONS}u) { sum += partial[i]; }
  sums[lane] = sum;
  for (var width = ${INVOCATIONS / 2}u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (lane < width) { sums[lane] += sums[lane + width]; }
  }
  if (lane == 0u) { factor[0] = min(1.0, p.inside * inverseSqrt(max(sums[0], 1.2e-38))); }`,
});

/** `v = factor v` if `accepted` is ACCEPTED, else v as it is. */
export const scaleToBallShader: Shader<"units"> = spanShader<never>({
  name: "projection_scale",
  params: {},
  reads: { accepted: "u32", factor: "f32" },
  writes: { v: "f32" },
  extent: "images",
  body: `
  if (accepted[0] == ${ACCEPTED}u) { v[at] *= factor[0]; }`,
});

/**
 * What to scale to in float32 for the ball of `radius`. Any rounding that WGSL allows together stretches v by 21 u at
 * most, u = 2^-24, for D to 262,144: half of 30 u from the sum of squares, 4 u from the root, 2 u from products and
 * parameters. Less these 8 u, `||v||_2 <= radius (1 + 13 u)`; roundings as they fall leave v inside the ball.
 */
export function insideOf(radius: number): number {
  return Math.min(radius * (1 - 2 ** -21), 3.4028234663852886e38);
}
