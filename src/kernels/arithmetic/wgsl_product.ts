import { mapShader, type Shader, type Share, shareParts } from "../webgpu/shader.js";

export interface ProductStructure {
  /** Units are four to an element. */
  readonly vector: boolean;
  /** The factor is repeated: unit u takes the one that `index[u]` says. */
  readonly repeated: boolean;
  /** A cotangent of 0 stays 0 whatever the factor. */
  readonly zeroStays: boolean;
  readonly share: Share;
}

/**
 * `gx = gy * factor` with a factor for every unit that the forward pass left: the other operand of a product, or a
 * function's derivative. `factorUnits` are the elements of the factor for an image.
 */
export function productShader({
  vector,
  repeated,
  zeroStays,
  share,
}: ProductStructure): Shader<"units" | "factorUnits" | "low" | "high"> {
  const type = vector ? "vec4f" : "f32";
  const parts = shareParts(share, type);
  return mapShader<"factorUnits" | "low" | "high">({
    name: `product${vector ? "_c4" : ""}${repeated ? "_repeated" : ""}${zeroStays ? "_zero" : ""}${parts.suffix}`,
    params: { factorUnits: "u32", low: "f32", high: "f32" },
    reads: { gy: type, factor: type, ...(repeated && { index: "i32" }), ...parts.reads, slots: "u32" },
    writes: { gx: type },
    extent: "cotangents",
    declarations: parts.code,
    body: `
  let g = gy[at];
  let product = g * factor[slots[n / call.lanes] * p.factorUnits + ${repeated ? "u32(index[u])" : "u"}];
  gx[at] = share(n, p.units, u, ${zeroStays ? `select(product, g, g == ${type}())` : "product"});`,
  });
}
