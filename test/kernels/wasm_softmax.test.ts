import { describe, expect, test } from "vitest";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { nodeBounds } from "../support/rule_bounds.js";
import { singleNode } from "../support/single_node.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";

const U = 2 ** -24;
const ROWS = 5;
const DEPTHS = [1, 2, 3, 4, 5, 7, 8, 64, 131];

function random(length: number, range: number, seed: number): Float32Array {
  const values = randomValues(seed);
  return Float32Array.from({ length }, () => values.uniform(-range, range));
}

describe.each(variants)("softmax, $variant", ({ relaxed }) => {
  test.each(DEPTHS)("rows of %i values within the rule, in place too", (depth) => {
    const node = singleNode({ op: "Softmax" }, [ROWS, depth]);
    for (const range of [0.5, 8, 30]) {
      const x = random(ROWS * depth, range, depth);
      const kernels = new WasmKernels(relaxed);
      const y = kernels.output(x.length);
      kernels.call("softmax_forward", ROWS, { x: kernels.input(x), y, depth });
      const { value, error } = nodeBounds(node, [x]).y;
      expectGuarded(y.values(), value, (i) => error[i], [1]);
      const own = kernels.inout(x);
      kernels.call("softmax_forward", ROWS, { x: own, y: own, depth });
      expect(own.values()).toEqual(y.values());
    }
  });

  test("a row with a NaN is NaN, the others are not", () => {
    const kernels = new WasmKernels(relaxed);
    const y = kernels.output(9);
    const x = Float32Array.of(1, 2, 3, 1, Number.NaN, 2, -Infinity, 0, 0);
    kernels.call("softmax_forward", 3, { x: kernels.input(x), y, depth: 3 });
    expect([...y.values()].map(Number.isNaN)).toEqual([...Array(9).keys()].map((i) => i >= 3 && i < 6));
    expect([...y.values().subarray(6)]).toEqual([0, 0.5, 0.5]);
  });

  for (const lanes of [1, 4, 8, 12])
    test.each(DEPTHS)(`vjp of ${lanes} cotangents, rows of %i values`, (depth) => {
      const node = singleNode({ op: "Softmax" }, [ROWS, depth]);
      const units = ROWS * depth;
      const x = random(units, 3, depth);
      const bounds = nodeBounds(node, [x]);
      const y = Float32Array.from(bounds.y.value);
      const gy = random(units * lanes, 2, lanes);
      const before = random(units * lanes, 1, 9);
      for (const accumulate of [0, 1]) {
        const kernels = new WasmKernels(relaxed);
        const gx = accumulate ? kernels.inout(before) : kernels.output(units * lanes);
        kernels.call(`softmax_vjp_${lanes}`, ROWS, {
          gy: kernels.input(gy),
          y: kernels.input(y),
          gx,
          depth,
          accumulate,
        });
        const found = gx.values();
        for (let k = 0; k < lanes; k++) {
          const lane = (values: Float32Array) => values.filter((_, i) => i % lanes === k);
          const [{ value, error }] = bounds.back(lane(gy));
          const added = lane(before).map((v) => accumulate * v);
          expectGuarded(
            lane(found),
            value.map((v, i) => v + added[i]),
            (i) => error[i] + U * (Math.abs(value[i]) + Math.abs(added[i])),
            [],
          );
        }
      }
    });
});
