import { mapShader, type Shader, type Share, shareParts } from "../webgpu/shader.js";

/** `y = x * factor[u mod period]` of a cotangent, with its share of what else was added. */
export function scaleShader(share: Share): Shader<"units" | "period" | "low" | "high"> {
  const parts = shareParts(share);
  return mapShader<"period" | "low" | "high">({
    name: `scale${parts.suffix}`,
    params: { period: "u32", low: "f32", high: "f32" },
    reads: { x: "f32", factor: "f32", ...parts.reads },
    writes: { y: "f32" },
    extent: "cotangents",
    declarations: parts.code,
    body: "  y[at] = share(n, p.units, u, x[at] * factor[u % p.period]);",
  });
}
