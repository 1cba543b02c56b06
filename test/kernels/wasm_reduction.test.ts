import { describe, expect, test } from "vitest";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { nodeBounds } from "../support/rule_bounds.js";
import { singleNode } from "../support/single_node.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";

const OUTER = 2;
/** Counts and columns: at, below and above every tile, and above what a tile has of columns. */
const SIZES = [
  [1, 1],
  [3, 1],
  [8, 1],
  [21, 1],
  [5, 3],
  [2, 4],
  [3, 16],
  [7, 23],
  [3, 64],
  [2, 70],
  [2, 131],
] as const;

function random(length: number, seed: number): Float32Array {
  const values = randomValues(seed);
  return Float32Array.from({ length }, () => values.uniform(-2, 2));
}

describe.each(variants)("sums along axes, $variant", ({ relaxed }) => {
  test.each(SIZES)("of %i values in %i columns within the rule", (count, inner) => {
    const node = singleNode({ op: "ReduceMean", axes: [1] }, [OUTER, count, inner]);
    const x = random(OUTER * count * inner, count);
    const kernels = new WasmKernels(relaxed);
    const y = kernels.output(OUTER * inner);
    kernels.call("reduce_sum", OUTER * Math.ceil(inner / 64), {
      ...{ x: kernels.input(x), y, count, inner, factor: floatBits(1 / count) },
    });
    const { value, error } = nodeBounds(node, [x]).y;
    expectGuarded(y.values(), value, (i) => error[i], [1]);
  });

  test.each(SIZES)("repeat_scaled %i times, runs of %i", (count, run) => {
    const x = random(OUTER * run, run);
    const before = random(OUTER * count * run, 9);
    for (const accumulate of [0, 1]) {
      const kernels = new WasmKernels(relaxed);
      const y = accumulate ? kernels.inout(before) : kernels.output(before.length);
      kernels.call("repeat_scaled", OUTER * count, {
        ...{ x: kernels.input(x), y, count, run, factor: floatBits(0.25), accumulate },
      });
      expect(y.values()).toEqual(
        before.map((old, at) =>
          Math.fround(0.25 * x[Math.floor(at / (count * run)) * run + (at % run)] + accumulate * old),
        ),
      );
    }
  });
});
