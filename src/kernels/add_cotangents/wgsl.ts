import { mapShader, type Shader, type Share, shareParts } from "../webgpu/shader.js";

/** `y = x + addend`, zero at dead units: shares of a cotangent that no other kernel could add up. */
export function addShader(share: Share): Shader<"units" | "low" | "high"> {
  const parts = shareParts(share);
  return mapShader<"low" | "high">({
    name: `add_cotangents${parts.suffix}`,
    params: { low: "f32", high: "f32" },
    reads: { x: "f32", ...parts.reads },
    writes: { y: "f32" },
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
