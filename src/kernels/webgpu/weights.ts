import type { Element, Scalar } from "./shader.js";

/** How matrices of weights lie on the device. Sums and products are float32 in either case. */
export type WeightStorage = "float32" | "float16";

/**
 * Parameters, element type and code of a kernel that reads `weights`, four at a time. Halves are read as words: that
 * takes no feature of the device, and as few bytes as `shader-f16` would.
 */
export function weightParts(storage: WeightStorage) {
  const half = storage === "float16";
  return {
    suffix: half ? "_w16" : "",
    params: (half ? { weightScale: "f32" } : {}) as Record<"weightScale", Scalar>,
    element: (half ? "vec2u" : "vec4f") as Element,
    /** `fn weight(i)`: vector i of four weights. */
    code: half
      ? `
fn weight(i: u32) -> vec4f {
  let halves = weights[i];
  return p.weightScale * vec4f(unpack2x16float(halves.x), unpack2x16float(halves.y));
}`
      : `
fn weight(i: u32) -> vec4f { return weights[i]; }`,
  };
}
