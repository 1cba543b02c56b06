import { describe, expect, test } from "vitest";
import { CHUNK, PANEL, PANEL_SCRATCH_BYTES } from "../../src/kernels/panel_product/panels.js";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { expectUntouched, poisoned, variants, WasmKernels } from "../support/wasm_kernel.js";

const U = 2 ** -24;

interface Product {
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Columns of a tile. */
  readonly block?: number;
  /** The same factors for all products. */
  readonly shared?: boolean;
  /** Cotangents of a row lie this many units apart; else side by side, and rows behind each other. */
  readonly apart?: number;
  /** Results lie by columns, then rows. */
  readonly turned?: boolean;
  readonly start?: "zero" | "accumulate" | "copy";
  /** Results are multiplied by factors of their own. */
  readonly scaled?: boolean;
}

/** Columns and terms at, below and above a panel, a chunk and every tile of units. */
const PRODUCTS: readonly Product[] = [
  { batches: 1, rows: 1, columns: 1, depth: 1 },
  { batches: 1, rows: 3, columns: PANEL - 1, depth: 2, start: "accumulate", scaled: true },
  { batches: 2, rows: 2, columns: PANEL, depth: 3, apart: 2 },
  { batches: 2, rows: 3, columns: PANEL + 1, depth: 7, shared: true, turned: true },
  { batches: 1, rows: 2, columns: 2 * PANEL + 3, depth: CHUNK - 1, start: "copy" },
  { batches: 2, rows: 1, columns: 37, depth: CHUNK, block: PANEL, start: "accumulate" },
  { batches: 1, rows: 2, columns: 4 * PANEL + 2, depth: CHUNK + 1, block: 2 * PANEL, scaled: true },
  { batches: 1, rows: 5, columns: 6, depth: 2 * CHUNK + 3, apart: 5, turned: true, start: "accumulate" },
];
const nameOf = (p: Product) => JSON.stringify(p).replaceAll('"', "");

function random(length: number, seed: number): Float32Array {
  const values = randomValues(seed);
  return Float32Array.from({ length }, () => values.uniform(-2, 2));
}

/** Calls the kernel on random values, or those that `change` makes of them, and gives what it read and left. */
function run(
  relaxed: boolean,
  lanes: number,
  product: Product,
  change: (g: Float32Array) => void = () => undefined,
) {
  const { batches, rows, columns, depth, block = columns, shared = false, turned = false } = product;
  const { apart, start = "zero", scaled = false } = product;
  const stride = 4 * Math.ceil(lanes / 4);
  const panels = Math.ceil(columns / PANEL);
  // What fills the last panel, and lanes that nobody asked for, are never computed with.
  const s = poisoned((shared ? 1 : batches) * panels * PANEL * depth);
  const factors = random(s.length, 1);
  const gRow = apart ? 1 : depth;
  const gDepth = apart ?? 1;
  const g = poisoned(batches * stride * ((rows - 1) * gRow + (depth - 1) * gDepth + 1));
  const cotangents = random(g.length, 2);
  const gAt = (h: number, p: number, t: number, k: number) =>
    stride * ((h * g.length) / batches / stride + p * gRow + t * gDepth) + k;
  const sAt = (h: number, q: number, t: number) =>
    (shared ? 0 : h * panels * PANEL * depth) + (Math.floor(q / PANEL) * depth + t) * PANEL + (q % PANEL);
  for (let h = 0; h < batches; h++)
    for (let t = 0; t < depth; t++) {
      for (let q = 0; q < columns; q++) s[sAt(h, q, t)] = factors[sAt(h, q, t)];
      for (let p = 0; p < rows; p++)
        for (let k = 0; k < lanes; k++) g[gAt(h, p, t, k)] = cotangents[gAt(h, p, t, k)];
    }
  change(g);
  const size = batches * rows * columns * stride;
  const [xRow, xColumn] = turned ? [1, rows] : [columns, 1];
  const before = random(size, 3);
  const scales = random(size / stride, 4);
  const kernels = new WasmKernels(relaxed);
  const gx = start === "accumulate" ? kernels.inout(before) : kernels.output(size);
  const init = start === "zero" ? 0 : start === "accumulate" ? gx : kernels.input(before);
  kernels.call(`panel_vjp_${lanes}`, Math.ceil(columns / block) * batches * rows, {
    ...{ g: kernels.input(g), s: kernels.input(s), gx, init },
    factor: scaled ? kernels.input(scales) : 0,
    ...{ rows, columns, block, depth, batches },
    ...{ gBatch: (4 * g.length) / batches, gRow: 4 * stride * gRow, gDepth: 4 * stride * gDepth },
    sBatch: shared ? 0 : (4 * s.length) / batches,
    xBatch: 4 * stride * rows * columns,
    ...{ xRow: 4 * stride * xRow, xColumn: 4 * stride * xColumn },
    scratch: kernels.scratch(PANEL_SCRATCH_BYTES),
  });
  const values = gx.values();
  const found: number[] = [];
  const expected: number[] = [];
  const bound: number[] = [];
  for (let h = 0; h < batches; h++)
    for (let p = 0; p < rows; p++)
      for (let q = 0; q < columns; q++)
        for (let k = 0; k < lanes; k++) {
          const at = stride * (h * rows * columns + p * xRow + q * xColumn) + k;
          let value = start === "zero" ? 0 : before[at];
          let size = Math.abs(value);
          for (let t = 0; t < depth; t++) {
            const term = s[sAt(h, q, t)] * g[gAt(h, p, t, k)];
            value += term;
            size += Math.abs(term);
          }
          const scale = scaled ? scales[Math.floor(at / stride)] : 1;
          found.push(values[at]);
          expected.push(scale * value);
          bound.push((depth + 2) * U * size * Math.abs(scale));
        }
  return { found, expected, bound, gx, stride, gAt };
}

describe.each(variants)(
  "panel_vjp, $variant: error <= (m + 2) u |factor| (|init| + sum |s g|)",
  ({ relaxed }) => {
    for (const lanes of [4, 8, 10, 12])
      test.each(PRODUCTS.map((p) => [nameOf(p), p] as const))(`${lanes} lanes, %s`, (_, product) => {
        const { found, expected, bound, gx, stride } = run(relaxed, lanes, product);
        expectGuarded(found, expected, (i) => bound[i], [1, lanes]);
        expectUntouched(gx, (i) => i % stride < lanes);
      });

    test("a NaN is in its row and lane alone, and so is an infinity", () => {
      const product = { batches: 2, rows: 2, columns: 5, depth: 3 };
      const { found } = run(relaxed, 10, product, (g) => {
        // Row 1 of the first product, term 2, lane 9; row 0 of the second, term 0, lane 0.
        g[12 * 5 + 9] = Number.NaN;
        g[12 * 6] = Infinity;
      });
      const where = (is: (x: number) => boolean) => found.flatMap((x, i) => (is(x) ? [i] : []));
      const lane = (row: number, k: number) => [0, 1, 2, 3, 4].map((q) => (row * 5 + q) * 10 + k);
      expect(where(Number.isNaN)).toEqual(lane(1, 9));
      expect(where((x) => Math.abs(x) === Infinity)).toEqual(lane(2, 0));
    });
  },
);
