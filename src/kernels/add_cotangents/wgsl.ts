import { mapShader, type Shader, type Share, shareParts } from "../webgpu/shader.js";

export interface AddStructure {
  /** Units are a multiple of four: an element is four of them. */
  readonly vector: boolean;
  readonly share: Share;
}

/** `y = x + addend`, zero at dead units: shares of a cotangent that no other kernel could add up. */
export function addShader({ vector, share }: AddStructure): Shader<"units" | "low" | "high"> {
  const type = vector ? "vec4f" : "f32";
  const parts = shareParts(share, type);
  return mapShader<"low" | "high">({
    name: `add_cotangents${vector ? "_c4" : ""}${parts.suffix}`,
    params: { low: "f32", high: "f32" },
    reads: { x: type, ...parts.reads },
    writes: { y: type },
    extent: "cotangents",
    declarations: parts.code,
    body: "  y[at] = share(n, p.units, u, x[at]);",
  });
}

/** `y = 0`: the gradient of scores that do not depend on the image. */
export function zeroShader(): Shader<"units"> {
  return mapShader({
    name: "zero_cotangents",
    params: {},
    reads: {},
    writes: { y: "f32" },
    extent: "cotangents",
    body: "  y[at] = 0.0;",
  });
}
