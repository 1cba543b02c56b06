import { mapShader, type Shader, type Share, shareParts } from "../webgpu/shader.js";

export interface ScaleStructure {
  /** Units and period are multiples of four: an element is four of them. */
  readonly vector: boolean;
  readonly share: Share;
}

/** `y = x * factor[u mod period]` of a cotangent, with its share of what else was added. */
export function scaleShader({ vector, share }: ScaleStructure): Shader<"units" | "period" | "low" | "high"> {
  const type = vector ? "vec4f" : "f32";
  const parts = shareParts(share, type);
  return mapShader<"period" | "low" | "high">({
    name: `scale${vector ? "_c4" : ""}${parts.suffix}`,
    params: { period: "u32", low: "f32", high: "f32" },
    reads: { x: type, factor: type, ...parts.reads },
    writes: { y: type },
    extent: "cotangents",
    declarations: parts.code,
    body: "  y[at] = share(n, p.units, u, x[at] * factor[u % p.period]);",
  });
}
