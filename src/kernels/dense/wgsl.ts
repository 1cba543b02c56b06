import { clampCode } from "../webgpu/not_a_number.js";
import { type Element, type Scalar, type Shader, shader } from "../webgpu/shader.js";
import { type WeightStorage, weightParts } from "../webgpu/weights.js";

/** Units of a workgroup. */
export const DENSE_COLUMNS = 16;
/** Vectors of units of a workgroup. */
const VECTORS = DENSE_COLUMNS / 4;
/** Invocations that share the depth of a vector of units. */
const SLICES = 64;
const INVOCATIONS = VECTORS * SLICES;
/** Rows that are added up at once: what workgroup memory of 16 KiB holds. */
const ROWS_AT_ONCE = 4;

export interface DenseStructure {
  /** Images that a workgroup computes with the weights it reads. */
  readonly rows: number;
  /** Inputs are a multiple of four, so that four are read at once. */
  readonly vectorDepth: boolean;
  /** Units are a multiple of four, so that four are written at once. */
  readonly vectorColumns: boolean;
  /** A residual, `addend`, is added before the clamp. */
  readonly added: boolean;
  readonly storage: WeightStorage;
}

const params = { inputs: "u32", units: "u32", low: "f32", high: "f32" } as const satisfies Record<
  string,
  Scalar
>;
export type DenseParams = keyof typeof params | "weightScale";

/**
 * Dense layer for few images, a product of a matrix and a vector each:
 *
 *     y[n, o] = clamp(bias[o] + sum_d x[n, d] w[d, o] (+ addend[n, o]), low, high)
 *
 * `weights` is `[inputs][units padded to 4]`, in float32 or in halves (`webgpu/half.ts`), `bias` padded likewise. Slice s of the depth takes inputs 4 (s + 64 i) to
 * 4 (s + 64 i) + 3 in order; slices are added in a binary tree: the same order for any `rows` and any number of images.
 * Bound by reading the weights, once for every `rows` images.
 */
export function denseShader({
  rows,
  vectorDepth,
  vectorColumns,
  added,
  storage,
}: DenseStructure): Shader<DenseParams> {
  const type = vectorColumns ? "vec4f" : "f32";
  const stored = weightParts(storage);
  const each = (line: (r: number) => string, first = 0, count = rows) =>
    Array.from({ length: Math.min(count, rows - first) }, (_, i) => line(first + i)).join("\n");
  const reads: Record<string, Element> = {
    x: vectorDepth ? "vec4f" : "f32",
    weights: stored.element,
    bias: "vec4f",
    ...(added && { addend: type }),
  };
  const rounds = Array.from({ length: Math.ceil(rows / ROWS_AT_ONCE) }, (_, i) => ROWS_AT_ONCE * i);
  return shader<DenseParams>({
    name: `dense_${rows}x${DENSE_COLUMNS}${vectorDepth ? "_d4" : ""}${vectorColumns ? "_c4" : ""}${stored.suffix}${added ? "_added" : ""}`,
    params: { ...params, ...stored.params },
    reads,
    writes: { y: type },
    extent: "images",
    invocations: INVOCATIONS,
    groups: `((extent + ${rows - 1}u) / ${rows}u) * ((p.units + ${DENSE_COLUMNS - 1}u) / ${DENSE_COLUMNS}u)`,
    declarations: `
var<workgroup> partial: array<vec4f, ${INVOCATIONS * Math.min(rows, ROWS_AT_ONCE)}>;
${stored.code}
${vectorDepth ? readVector : readScalars}
${clampCode(type)}
fn store(n: u32, c: u32, sum: vec4f) {
  let biased = sum + bias[c];
${
  vectorColumns
    ? `  let at = n * (p.units / 4u) + c;
  y[at] = clamped(biased${added ? " + addend[at]" : ""});`
    : `  for (var e = 0u; e < 4u && 4u * c + e < p.units; e++) {
    let at = n * p.units + 4u * c + e;
    y[at] = clamped(biased[e]${added ? " + addend[at]" : ""});
  }`
}
}`,
    body: `
  let columns4 = (p.units + 3u) / 4u;
  let tiles = (p.units + ${DENSE_COLUMNS - 1}u) / ${DENSE_COLUMNS}u;
  let c = (group % tiles) * ${VECTORS}u + lane % ${VECTORS}u;
  let first = (group / tiles) * ${rows}u;
${each((r) => `  let n${r} = min(first + ${r}u, extent - 1u);\n  var sum${r} = vec4f();`)}
  if (c < columns4) {
    for (var d = 4u * (lane / ${VECTORS}u); d < p.inputs; d += ${4 * SLICES}u) {
      let w0 = weight(d * columns4 + c);
${[1, 2, 3].map((e) => `      let w${e} = weights_at(d + ${e}u, columns4, c);`).join("\n")}
${each(
  (r) => `      let x${r} = inputs_at(n${r}, d);
${[..."xyzw"].map((e, i) => `      sum${r} = fma(vec4f(x${r}.${e}), w${i}, sum${r});`).join("\n")}`,
)}
    }
  }
${rounds
  .map(
    (
      round,
    ) => `${round > 0 ? "  workgroupBarrier();\n" : ""}${each((r) => `  partial[${(r - round) * INVOCATIONS}u + lane] = sum${r};`, round, ROWS_AT_ONCE)}
  for (var half = ${INVOCATIONS / 2}u; half >= ${VECTORS}u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
${each(
  (r) => {
    const at = `${(r - round) * INVOCATIONS}u + lane`;
    return `      partial[${at}] += partial[${at} + half];`;
  },
  round,
  ROWS_AT_ONCE,
)}
    }
  }
  if (lane < ${VECTORS}u && c < columns4) {
${each((r) => `    if (first + ${r}u < extent) { store(n${r}, c, partial[${(r - round) * INVOCATIONS}u + lane]); }`, round, ROWS_AT_ONCE)}
  }`,
  )
  .join("\n")}`,
  });
}

const readVector = `
fn inputs_at(n: u32, d: u32) -> vec4f { return x[(n * p.inputs + d) / 4u]; }
fn weights_at(d: u32, columns4: u32, c: u32) -> vec4f { return weight(d * columns4 + c); }`;

/** Beyond the last input the weights are 0, and so is x. */
const readScalars = `
fn input_at(n: u32, d: u32) -> f32 {
  if (d >= p.inputs) { return 0.0; }
  return x[n * p.inputs + d];
}
fn inputs_at(n: u32, d: u32) -> vec4f {
  return vec4f(input_at(n, d), input_at(n, d + 1u), input_at(n, d + 2u), input_at(n, d + 3u));
}
fn weights_at(d: u32, columns4: u32, c: u32) -> vec4f {
  if (d >= p.inputs) { return vec4f(); }
  return weight(d * columns4 + c);
}`;
