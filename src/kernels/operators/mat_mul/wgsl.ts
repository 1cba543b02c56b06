import {
  type Extent,
  type Scalar,
  type Shader,
  type Share,
  shader,
  shareParts,
} from "../../webgpu/shader.js";

/** Rows and columns of a workgroup's tile. */
export const TILE = 32;
/** Terms that workgroup memory holds at a time. */
const DEPTH = 8;
/** Invocations along a side of the tile, and rows and columns of each. */
const SIDE = 8;
const OWN = TILE / SIDE;
const INVOCATIONS = SIDE * SIDE;

/** Whose the matrices are: of the image itself, of the image that a cotangent belongs to, or of the cotangent. */
export type Owner = "image" | "cotangent";

export interface ProductStructure {
  readonly extent: Exclude<Extent, "running">;
  readonly left: Owner;
  readonly right: Owner;
  readonly share: Share;
}

const params = {
  ...{ batches: "u32", rows: "u32", columns: "u32", depth: "u32", rounds: "u32" },
  ...{ leftUnits: "u32", leftBatch: "u32", leftRow: "u32", leftDepth: "u32", leftRound: "u32" },
  ...{ rightUnits: "u32", rightBatch: "u32", rightColumn: "u32", rightDepth: "u32", rightRound: "u32" },
} as const satisfies Record<string, Scalar>;
export type ProductParams = keyof typeof params;

/**
 * Products of matrices with strides:
 *
 *     y[n, h, i, j] = sum over 0 <= r < rounds, 0 <= t < depth of
 *         left[n'][h leftBatch + r leftRound + i leftRow + t leftDepth] right[n''][h rightBatch + r rightRound + j rightColumn + t rightDepth]
 *
 * 0 <= h < batches, n' and n'' what owns the operand, `leftUnits` and `rightUnits` from one of its owners to the next. y has no
 * gaps. A workgroup computes 32 x 32 results by way of workgroup memory, an invocation 4 x 4 of them; every sum goes
 * over rising r and t: error <= rounds depth u sum |left right|, u = 2^-24.
 */
export function productShader({
  extent,
  left,
  right,
  share,
}: ProductStructure): Shader<ProductParams | "low" | "high"> {
  const parts = shareParts(share);
  const own = Array.from({ length: OWN }, (_, i) => i);
  const ofImages = extent === "cotangents" && (left === "image" || right === "image");
  const owner = (of: Owner) => (extent === "cotangents" && of === "image" ? "slots[n / call.lanes]" : "n");
  const loads = (TILE * DEPTH) / INVOCATIONS;
  return shader<ProductParams | "low" | "high">({
    name: `mat_mul_${extent}_${left}_${right}${parts.suffix}`,
    params: { ...params, low: "f32", high: "f32" },
    reads: { left: "f32", right: "f32", ...parts.reads, ...(ofImages && { slots: "u32" as const }) },
    writes: { y: "f32" },
    extent,
    invocations: INVOCATIONS,
    groups: `extent * p.batches * ((p.rows + ${TILE - 1}u) / ${TILE}u) * ((p.columns + ${TILE - 1}u) / ${TILE}u)`,
    declarations: `
var<workgroup> lefts: array<vec4f, ${(TILE * DEPTH) / 4}>;
var<workgroup> rights: array<vec4f, ${(TILE * DEPTH) / 4}>;
${parts.code}`,
    body: `
  let across = (p.columns + ${TILE - 1}u) / ${TILE}u;
  let down = (p.rows + ${TILE - 1}u) / ${TILE}u;
  let product = group / (across * down);
  let n = product / p.batches;
  let h = product % p.batches;
  let firstRow = (group / across) % down * ${TILE}u;
  let firstColumn = group % across * ${TILE}u;
  let leftFirst = ${owner(left)} * p.leftUnits + h * p.leftBatch;
  let rightFirst = ${owner(right)} * p.rightUnits + h * p.rightBatch;
  let i = lane / ${SIDE}u;
  let j = lane % ${SIDE}u;
${own.map((r) => `  var sum${r} = vec4f();`).join("\n")}
  for (var round = 0u; round < p.rounds; round++) {
    for (var first = 0u; first < p.depth; first += ${DEPTH}u) {
      workgroupBarrier();
      // Vector v of the tile: term v / 8, rows or columns 4 (v % 8) to 4 (v % 8) + 3; zeros beyond the ends.
      for (var v = lane; v < ${(loads * INVOCATIONS) / 4}u; v += ${INVOCATIONS}u) {
        let t = first + v / ${TILE / 4}u;
        var a = vec4f();
        var b = vec4f();
        if (t < p.depth) {
          for (var e = 0u; e < 4u; e++) {
            let place = 4u * (v % ${TILE / 4}u) + e;
            if (firstRow + place < p.rows) {
              a[e] = left[leftFirst + round * p.leftRound + (firstRow + place) * p.leftRow + t * p.leftDepth];
            }
            if (firstColumn + place < p.columns) {
              b[e] = right[rightFirst + round * p.rightRound + (firstColumn + place) * p.rightColumn + t * p.rightDepth];
            }
          }
        }
        lefts[v] = a;
        rights[v] = b;
      }
      workgroupBarrier();
      let terms = min(${DEPTH}u, p.depth - first);
      for (var t = 0u; t < terms; t++) {
        let a = lefts[t * ${TILE / 4}u + i];
        let b = rights[t * ${TILE / 4}u + j];
${own.map((r) => `        sum${r} = fma(vec4f(a[${r}]), b, sum${r});`).join("\n")}
      }
    }
  }
  let units = p.batches * p.rows * p.columns;
${own
  .map(
    (r) => `  for (var e = 0u; e < 4u; e++) {
    let row = firstRow + 4u * i + ${r}u;
    let column = firstColumn + 4u * j + e;
    if (row < p.rows && column < p.columns) {
      let u = (h * p.rows + row) * p.columns + column;
      y[n * units + u] = share(n, units, u, sum${r}[e]);
    }
  }`,
  )
  .join("\n")}`,
  });
}
