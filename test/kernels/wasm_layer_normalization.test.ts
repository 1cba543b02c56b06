import { describe, expect, test } from "vitest";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { nodeBounds } from "../support/rule_bounds.js";
import { singleNode } from "../support/single_node.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";

const U = 2 ** -24;
const ROWS = 5;
const DEPTHS = [1, 2, 3, 4, 5, 7, 8, 64, 131];
const EPSILON = 2 ** -10;

function random(length: number, range: number, seed: number, middle = 0): Float32Array {
  const values = randomValues(seed);
  return Float32Array.from({ length }, () => middle + values.uniform(-range, range));
}

/** A node of rows and what it scales by and adds. */
function made(depth: number) {
  const [scale, bias] = [random(depth, 2, 1), random(depth, 1, 2)];
  return {
    scale,
    bias,
    node: singleNode({ op: "LayerNormalization", epsilon: EPSILON, scale, bias }, [ROWS, depth]),
  };
}

/** Runs the forward kernel; `moments` 0: it keeps none. */
function forward(kernels: WasmKernels, x: Float32Array, depth: number, keeps: boolean, inPlace = false) {
  const { scale, bias } = made(depth);
  const from = inPlace ? kernels.inout(x) : kernels.input(x);
  const y = inPlace ? from : kernels.output(x.length);
  const moments = keeps ? kernels.output(4 * ROWS) : undefined;
  kernels.call("layer_normalization_forward", ROWS, {
    ...{ x: from, y, scale: kernels.input(scale), bias: kernels.input(bias) },
    ...{ moments: moments ?? 0, depth, epsilon: floatBits(EPSILON) },
  });
  return { y: y.values(), moments: moments?.values() };
}

describe.each(variants)("layer normalization, $variant", ({ relaxed }) => {
  test.each(DEPTHS)("rows of %i values within the rule, in place and with nothing kept too", (depth) => {
    const { node } = made(depth);
    for (const [range, middle] of [
      [0.5, 0],
      [8, 0],
      [1, 50],
    ]) {
      const x = random(ROWS * depth, range, depth, middle);
      const { y } = forward(new WasmKernels(relaxed), x, depth, true);
      const { value, error } = nodeBounds(node, [x]).y;
      expectGuarded(y, value, (i) => error[i], [1]);
      expect(forward(new WasmKernels(relaxed), x, depth, false, true).y).toEqual(y);
    }
  });

  test("a row with a NaN is NaN, the others are not", () => {
    const x = random(ROWS * 3, 1, 3);
    x[4] = Number.NaN;
    const { y } = forward(new WasmKernels(relaxed), x, 3, false);
    expect([...y].map(Number.isNaN)).toEqual([...x.keys()].map((i) => i >= 3 && i < 6));
  });

  for (const lanes of [1, 4, 8, 12])
    test.each(DEPTHS)(`vjp of ${lanes} cotangents, rows of %i values`, (depth) => {
      const { node, scale } = made(depth);
      const units = ROWS * depth;
      const x = random(units, 3, depth, 1);
      const bounds = nodeBounds(node, [x]);
      const kept = forward(new WasmKernels(relaxed), x, depth, true).moments as Float32Array;
      const gy = random(units * lanes, 2, lanes);
      const before = random(units * lanes, 1, 9);
      for (const accumulate of [0, 1]) {
        const kernels = new WasmKernels(relaxed);
        const gx = accumulate ? kernels.inout(before) : kernels.output(units * lanes);
        kernels.call(`layer_normalization_vjp_${lanes}`, ROWS, {
          ...{ gy: kernels.input(gy), x: kernels.input(x), scale: kernels.input(scale) },
          ...{ moments: kernels.input(kept), gx, depth, accumulate },
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
