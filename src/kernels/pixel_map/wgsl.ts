import { type Extent, mapShader, type Shader, type Share, shareParts } from "../webgpu/shader.js";

/** Entries of a row that are loaded before the first of them is needed. */
const AHEAD = 4;

export interface PixelMapStructure {
  readonly extent: Exclude<Extent, "running">;
  /** Channels are a multiple of four: an element is four of them. */
  readonly vector: boolean;
  readonly share: Share;
}

/**
 * A sparse linear map on pixels that passes channels through, in compressed rows:
 *
 *     y[n, i, c] = sum over starts[i] <= j < starts[i + 1] of  factor_j x[n, column_j, c],  0 <= c < channels
 *
 * `entries[2 j]` is the column, `entries[2 j + 1]` the bits of the factor. `inputs` are the elements of an image of x. A row without
 * entries gives 0. Summed in the order of j: error <= n u sum |factor x|, n entries, u = 2^-24.
 */
export function pixelMapShader({
  extent,
  vector,
  share,
}: PixelMapStructure): Shader<"units" | "channels" | "inputs" | "low" | "high"> {
  const type = vector ? "vec4f" : "f32";
  const parts = shareParts(share, type);
  const ahead = Array.from({ length: AHEAD }, (_, i) => i);
  return mapShader<"channels" | "inputs" | "low" | "high">({
    name: `pixel_map_${extent}${vector ? "_c4" : ""}${parts.suffix}`,
    params: { channels: "u32", inputs: "u32", low: "f32", high: "f32" },
    reads: { x: type, starts: "u32", entries: "u32", ...parts.reads },
    writes: { y: type },
    extent,
    declarations: parts.code,
    body: `
  let row = u / p.channels;
  let first = n * p.inputs + u % p.channels;
  let end = starts[row + 1u];
  var j = starts[row];
  var sum = ${type}();
  for (; j + ${AHEAD}u <= end; j += ${AHEAD}u) {
${ahead.map((i) => `    let column${i} = entries[2u * j + ${2 * i}u];`).join("\n")}
${ahead.map((i) => `    let x${i} = x[first + column${i} * p.channels];`).join("\n")}
${ahead.map((i) => `    sum = fma(${type}(bitcast<f32>(entries[2u * j + ${2 * i + 1}u])), x${i}, sum);`).join("\n")}
  }
  for (; j < end; j++) {
    let factor = bitcast<f32>(entries[2u * j + 1u]);
    sum = fma(${type}(factor), x[first + entries[2u * j] * p.channels], sum);
  }
  y[at] = share(n, p.units, u, sum);`,
  });
}
