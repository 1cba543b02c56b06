import { type Shader, spanShader } from "../webgpu/shader.js";
import { ACCEPTED } from "./wgsl_accept.js";

/**
 * `v = min(max(v + r, -bound), bound)` if `accepted` is ACCEPTED, else v as it is: for the infinity norm the whole update of a
 * universal perturbation, exact; for the 2-norm, with a bound that does not bind, the sum before its projection.
 */
export const updateShader: Shader<"units" | "bound"> = spanShader<"bound">({
  name: "universal_update",
  params: { bound: "f32" },
  reads: { accepted: "u32", r: "f32" },
  writes: { v: "f32" },
  extent: "images",
  body: `
  if (accepted[0] == ${ACCEPTED}u) { v[at] = clamp(v[at] + r[at], -p.bound, p.bound); }`,
});
