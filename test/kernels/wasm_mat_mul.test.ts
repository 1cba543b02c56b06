import { describe, expect, test } from "vitest";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { nodeBounds } from "../support/rule_bounds.js";
import { singleNode } from "../support/single_node.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";

const BATCHES = 2;
/** Rows, depth and columns: at, below and above every tile. */
const SIZES = [
  [1, 1, 1],
  [3, 2, 4],
  [4, 7, 8],
  [5, 3, 7],
  [8, 5, 9],
  [2, 8, 13],
  [9, 11, 6],
] as const;

function random(length: number, seed: number): Float32Array {
  const values = randomValues(seed);
  return Float32Array.from({ length }, () => values.uniform(-2, 2));
}

describe.each(variants)("products of matrices, $variant", ({ relaxed }) => {
  test.each(SIZES)("%i x %i x %i within the rule", (rows, depth, columns) => {
    const node = singleNode({ op: "MatMul" }, [BATCHES, rows, depth], [BATCHES, depth, columns]);
    const [a, b] = [random(BATCHES * rows * depth, 1), random(BATCHES * depth * columns, 2)];
    const kernels = new WasmKernels(relaxed);
    const y = kernels.output(BATCHES * rows * columns);
    kernels.call("mat_mul_forward", BATCHES * Math.ceil(rows / 4), {
      a: kernels.input(a),
      b: kernels.input(b),
      y,
      aBatch: 4 * rows * depth,
      bBatch: 4 * depth * columns,
      rows,
      columns,
      depth,
    });
    const { value, error } = nodeBounds(node, [a, b]).y;
    expectGuarded(y.values(), value, (i) => error[i], [1, columns]);
  });

  test("a NaN is in its row alone, and one operand may do for all products", () => {
    const kernels = new WasmKernels(relaxed);
    const y = kernels.output(8);
    const a = Float32Array.of(1, 2, Number.NaN, 4, 5, 6, 7, 8);
    const b = kernels.input(Float32Array.of(1, 10, 100, 1000));
    const fields = { a: kernels.input(a), b, y, aBatch: 16, bBatch: 0, rows: 2, columns: 2, depth: 2 };
    kernels.call("mat_mul_forward", 2, fields);
    expect([...y.values()]).toEqual([201, 2010, Number.NaN, Number.NaN, 605, 6050, 807, 8070]);
  });
});
