import { type Extent, mapShader, type Shader, type Share, shareParts } from "../webgpu/shader.js";

export interface GatherStructure {
  readonly extent: Exclude<Extent, "running">;
  /** Units move in aligned fours: an element is four of them. */
  readonly vector: boolean;
  readonly share: Share;
}

/** `y[n][u] = x[n][index[u]]`, 0 where the index is negative; `inputs` are the elements of an image of x. */
export function gatherShader({
  extent,
  vector,
  share,
}: GatherStructure): Shader<"units" | "inputs" | "low" | "high"> {
  const type = vector ? "vec4f" : "f32";
  const parts = shareParts(share, type);
  return mapShader<"inputs" | "low" | "high">({
    name: `gather_${extent}${vector ? "_c4" : ""}${parts.suffix}`,
    params: { inputs: "u32", low: "f32", high: "f32" },
    reads: { x: type, index: "i32", ...parts.reads },
    writes: { y: type },
    extent,
    declarations: parts.code,
    body: `
  let source = index[u];
  var moved = ${type}();
  if (source >= 0) { moved = x[n * p.inputs + u32(source)]; }
  y[at] = share(n, p.units, u, moved);`,
  });
}
