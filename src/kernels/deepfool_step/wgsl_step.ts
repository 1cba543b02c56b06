import { mapShader, type Shader } from "../webgpu/shader.js";
import { stateCode } from "./wgsl_state.js";

/**
 * Adds the step to r and writes the point `clip(x0 + factor r)` for the next forward pass. `single`: the cotangents are
 * the chosen differences, one an image; else lane `moves.y` of each image's.
 */
export function stepShader(single: boolean): Shader<"units" | "norm" | "factor" | "low" | "high"> {
  return mapShader<"norm" | "factor" | "low" | "high">({
    name: `deepfool_step${single ? "_single" : ""}`,
    params: { norm: "u32", factor: "f32", low: "f32", high: "f32" },
    reads: { x0: "f32", w: "f32", moves: "vec4u" },
    writes: { r: "f32", before: "f32", points: "f32", bad: "atomic<u32>" },
    extent: "running",
    declarations: stateCode,
    body: `
  let taken = moves[n];
  let to = taken.x * p.units + u;
  var sum = r[to];
  if (taken.y != NO_STEP) {
    before[to] = sum;
    let g = w[${single ? "n" : "(n * call.lanes + taken.y)"} * p.units + u];
    sum += bitcast<f32>(taken.z) * select(sign(g), g, p.norm == 2u);
    r[to] = sum;
  }
  let x = x0[to] + p.factor * sum;
  points[at] = clamp(x, p.low, p.high);
  if (!finite(x)) { atomicStore(&bad[taken.x], 1u); }`,
  });
}
