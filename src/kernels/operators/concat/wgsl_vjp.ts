import { mapShader, type Shader, type Share, shareParts } from "../../webgpu/shader.js";

export interface ConcatVjpStructure {
  /** Run, total and offset are multiples of four: an element is four units. */
  readonly vector: boolean;
  readonly share: Share;
}

/** The part of a cotangent that belongs to one input: `run` elements from `offset` of every row of `total`. */
export function concatVjpShader({
  vector,
  share,
}: ConcatVjpStructure): Shader<"units" | "run" | "total" | "offset" | "low" | "high"> {
  const type = vector ? "vec4f" : "f32";
  const parts = shareParts(share, type);
  return mapShader<"run" | "total" | "offset" | "low" | "high">({
    name: `concat_vjp${vector ? "_c4" : ""}${parts.suffix}`,
    params: { run: "u32", total: "u32", offset: "u32", low: "f32", high: "f32" },
    reads: { gy: type, ...parts.reads },
    writes: { gx: type },
    extent: "cotangents",
    declarations: parts.code,
    body: "  gx[at] = share(n, p.units, u, gy[(at / p.run) * p.total + p.offset + at % p.run]);",
  });
}
