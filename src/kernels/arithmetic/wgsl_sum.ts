import { type Shader, type Share, shader, shareParts } from "../webgpu/shader.js";

/** Results of a workgroup, neighbours so that their reads are. */
export const SUM_COLUMNS = 8;
/** Invocations that share the terms of a result. */
const SLICES = 32;

export interface SumStructure {
  /** Units are four to an element. */
  readonly vector: boolean;
  /** Terms are multiplied by the value of the other operand, which is as large as the output. */
  readonly weighted: boolean;
  readonly share: Share;
}

/**
 * The cotangent of a repeated operand: the sum over its repetitions,
 *
 *     gx[n, r] = sign sum over 0 <= k < repeats of  gy[n, u] (other[n, u]),   u = places[k * units + r]
 *
 * Slice s sums the terms k = s, s + 32, ... in order; the slices are added in a binary tree: error
 * <= (repeats + 1) u sum |gy other|, u = 2^-24. `inputs` are the elements of gy for a cotangent.
 */
export function repeatedSumShader({
  vector,
  weighted,
  share,
}: SumStructure): Shader<"units" | "inputs" | "repeats" | "sign" | "low" | "high"> {
  const type = vector ? "vec4f" : "f32";
  const parts = shareParts(share, type);
  const invocations = SUM_COLUMNS * SLICES;
  return shader<"units" | "inputs" | "repeats" | "sign" | "low" | "high">({
    name: `repeated_sum${vector ? "_c4" : ""}${weighted ? "_weighted" : ""}${parts.suffix}`,
    params: { units: "u32", inputs: "u32", repeats: "u32", sign: "f32", low: "f32", high: "f32" },
    reads: {
      gy: type,
      places: "u32",
      ...(weighted && { other: type }),
      ...parts.reads,
      ...(weighted && { slots: "u32" }),
    },
    writes: { gx: type },
    extent: "cotangents",
    invocations,
    groups: `extent * ((p.units + ${SUM_COLUMNS - 1}u) / ${SUM_COLUMNS}u)`,
    declarations: `
var<workgroup> partial: array<${type}, ${invocations}>;
${parts.code}`,
    body: `
  let tiles = (p.units + ${SUM_COLUMNS - 1}u) / ${SUM_COLUMNS}u;
  let n = group / tiles;
  let r = (group % tiles) * ${SUM_COLUMNS}u + lane % ${SUM_COLUMNS}u;
  var sum = ${type}();
  if (r < p.units) {
    for (var k = lane / ${SUM_COLUMNS}u; k < p.repeats; k += ${SLICES}u) {
      let u = places[k * p.units + r];
${
  weighted
    ? "      sum = fma(gy[n * p.inputs + u], other[slots[n / call.lanes] * p.inputs + u], sum);"
    : "      sum += gy[n * p.inputs + u];"
}
    }
  }
  partial[lane] = sum;
  for (var half = ${invocations / 2}u; half >= ${SUM_COLUMNS}u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  if (lane < ${SUM_COLUMNS}u && r < p.units) {
    gx[n * p.units + r] = share(n, p.units, r, p.sign * partial[lane]);
  }`,
  });
}
