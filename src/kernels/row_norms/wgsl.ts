import { type Shader, shader } from "../webgpu/shader.js";

const INVOCATIONS = 64;
/** Values of a row that one workgroup adds up. */
export const NORM_CHUNK = 16 * INVOCATIONS;

/** Adds up `sums` into its first. */
const tree = `
  for (var width = ${INVOCATIONS / 2}u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (lane < width) { sums[lane] += sums[lane + width]; }
  }`;

/**
 * Partial sums of `|x|^order` over chunks of each cotangent's row: `partial[n][chunk]`. An invocation adds 16 values that
 * lie 64 apart, a tree of six levels adds the 64 sums; zeros beyond the end of the row change nothing.
 */
export function normChunksShader(order: 1 | 2): Shader<"units" | "chunks"> {
  return shader<"units" | "chunks">({
    name: `norm_chunks_${order}`,
    params: { units: "u32", chunks: "u32" },
    reads: { x: "f32" },
    writes: { partial: "f32" },
    extent: "cotangents",
    invocations: INVOCATIONS,
    groups: "extent * p.chunks",
    declarations: `var<workgroup> sums: array<f32, ${INVOCATIONS}>;`,
    body: `
  let n = group / p.chunks;
  let first = (group % p.chunks) * ${NORM_CHUNK}u;
  var sum = 0.0;
  for (var i = lane; i < ${NORM_CHUNK}u && first + i < p.units; i += ${INVOCATIONS}u) {
    let v = x[n * p.units + first + i];
    sum += ${order === 2 ? "v * v" : "abs(v)"};
  }
  sums[lane] = sum;
${tree}
  if (lane == 0u) { partial[group] = sums[0]; }`,
  });
}

/**
 * `||w||` of each cotangent from the sums over its chunks, at `norms[image][first + lane]` of `stride` places. A workgroup
 * adds them up like a chunk's values, so that a large image's many do not wait for each other.
 */
export function normsShader(order: 1 | 2): Shader<"chunks" | "stride"> {
  return shader<"chunks" | "stride">({
    name: `norms_${order}`,
    params: { chunks: "u32", stride: "u32" },
    reads: { partial: "f32" },
    writes: { norms: "f32" },
    extent: "cotangents",
    invocations: INVOCATIONS,
    groups: "extent",
    declarations: `var<workgroup> sums: array<f32, ${INVOCATIONS}>;`,
    body: `
  var sum = 0.0;
  for (var i = lane; i < p.chunks; i += ${INVOCATIONS}u) { sum += partial[group * p.chunks + i]; }
  sums[lane] = sum;
${tree}
  if (lane == 0u) {
    norms[group / call.lanes * p.stride + call.first + group % call.lanes] = ${order === 2 ? "sqrt(sums[0])" : "sums[0]"};
  }`,
  });
}
