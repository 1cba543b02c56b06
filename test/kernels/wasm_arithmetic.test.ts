import { describe, expect, test } from "vitest";
import { arithmetic } from "../../src/kernels/arithmetic/reference.js";
import type { Arithmetic, Node, Shape } from "../../src/network/spec.js";
import { sizeOf } from "../../src/network/spec.js";
import { randomValues } from "../support/random_values.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";
import { expectWithin } from "../support/within.js";

const U = 2 ** -24;

/** How an operand lies in `[outer][inner]` units: strides of the two, its shape as the reference takes it. */
function operandOf(kind: Kind, outer: number, inner: number) {
  const [outerRepeats, innerRepeats] = [
    kind === "inner" || kind === "scalar",
    kind === "outer" || kind === "scalar",
  ];
  const shape: Shape = [outerRepeats ? 1 : outer, innerRepeats ? 1 : inner];
  return { shape, outerStride: outerRepeats ? 0 : shape[1], innerStride: innerRepeats ? 0 : 1 };
}
type Kind = "full" | "inner" | "outer" | "scalar";
const KINDS: readonly Kind[] = ["full", "inner", "outer", "scalar"];

function nodeOf(op: Arithmetic["op"], a: Shape, b: Shape, shape: Shape): Node<Arithmetic> {
  return { op, name: "y", inputs: ["a", "b"], inputShapes: [a, b], shape };
}

function random(length: number, seed: number): Float32Array {
  const values = randomValues(seed);
  return Float32Array.from({ length }, () => values.uniform(-3, 3));
}

const SIZES = [
  [1, 1],
  [63, 1],
  [64, 3],
  [65, 4],
  [131, 5],
  [3, 63],
  [2, 64],
  [4, 65],
  [3, 131],
  [67, 13],
] as const;

describe.each(variants)("arithmetic, $variant", ({ relaxed }) => {
  for (const [outer, inner] of SIZES)
    for (const op of ["Add", "Sub", "Mul"] as const)
      test(`forward rounds once, ${op} of [${outer}][${inner}] units, all ways to broadcast`, () => {
        for (const aKind of KINDS)
          for (const bKind of KINDS) {
            const [a, b] = [operandOf(aKind, outer, inner), operandOf(bKind, outer, inner)];
            const [aValues, bValues] = [random(sizeOf(a.shape), 1), random(sizeOf(b.shape), 2)];
            const kernels = new WasmKernels(relaxed);
            const y = kernels.output(outer * inner);
            kernels.call(`arithmetic_${op.toLowerCase()}`, Math.ceil(outer / 64), {
              a: kernels.input(aValues),
              b: kernels.input(bValues),
              y,
              outer,
              inner,
              aOuterStride: a.outerStride,
              bOuterStride: b.outerStride,
              aInnerStride: a.innerStride,
              bInnerStride: b.innerStride,
              low: floatBits(-4),
              high: floatBits(2),
            });
            // The product of this shape and the sum of ones broadcast to it.
            const ones = new Float64Array(outer * inner);
            const repeat = (x: Float32Array, from: Shape) =>
              arithmetic.forward(nodeOf("Add", from, [outer, inner], [outer, inner]), [
                Float64Array.from(x),
                ones,
              ]);
            const [left, right] = [repeat(aValues, a.shape), repeat(bValues, b.shape)];
            const exact = left.map((x, i) =>
              op === "Add" ? x + right[i] : op === "Sub" ? x - right[i] : x * right[i],
            );
            const clamped = exact.map((value) => Math.min(2, Math.max(-4, value)));
            expect(y.values()).toEqual(Float32Array.from(clamped));
          }
      });

  test("y may be an operand; NaN stays, infinity is clamped", () => {
    const kernels = new WasmKernels(relaxed);
    const y = kernels.inout(Float32Array.of(1, Number.NaN, Infinity, -Infinity, -0));
    const b = kernels.input(Float32Array.of(2, 1, 1, 1, -0));
    const strides = { aOuterStride: 5, bOuterStride: 5, aInnerStride: 1, bInnerStride: 1 };
    const bounds = { low: floatBits(-7), high: floatBits(9) };
    kernels.call("arithmetic_add", 1, { a: y, b, y, outer: 1, inner: 5, ...strides, ...bounds });
    expect([...y.values()]).toEqual([3, Number.NaN, 9, -7, -0]);
  });
});

const VJPS = [
  { kind: "full", name: "arithmetic_vjp", tiles: (outer: number) => Math.ceil(outer / 64) },
  { kind: "outer", name: "arithmetic_vjp_sum_inner", tiles: (outer: number) => Math.ceil(outer / 64) },
  {
    kind: "inner",
    name: "arithmetic_vjp_sum_outer",
    tiles: (_: number, inner: number) => Math.ceil(inner / 64),
  },
  { kind: "scalar", name: "arithmetic_vjp_sum_inner", tiles: () => 1 },
] as const;

const VJP_SIZES = [
  [1, 1],
  [65, 3],
  [131, 4],
  [3, 63],
  [4, 65],
  [67, 13],
] as const;

describe.each(variants)("arithmetic_vjp, $variant", ({ relaxed }) => {
  for (const [outer, inner] of VJP_SIZES)
    for (const lanes of [4, 8, 12])
      for (const { kind, name, tiles } of VJPS)
        test(`error <= (n + 1) u sum |gy f|: [${outer}][${inner}] units, ${lanes} lanes, x is ${kind}`, () => {
          const x = operandOf(kind, outer, inner);
          const units = outer * inner;
          const yValues = random(units, 1);
          for (const factorKind of [undefined, ...(kind === "full" ? KINDS : (["full"] as const))])
            for (const masked of [false, true])
              for (const accumulate of [0, 1]) {
                const isLive = (u: number) => !masked || (-1 < yValues[u] && yValues[u] < 2);
                const sign = factorKind === "full" ? 1 : -1;
                const factor = operandOf(factorKind ?? "scalar", outer, inner);
                const factors = random(sizeOf(factor.shape), 2);
                const gy = random(units * lanes, 3);
                const gxUnits = sizeOf(x.shape);
                const before = random(gxUnits * lanes, 4);
                const kernels = new WasmKernels(relaxed);
                const gx = accumulate ? kernels.inout(before) : kernels.output(gxUnits * lanes);
                kernels.call(`${name}_${lanes}`, tiles(outer, inner), {
                  gy: kernels.input(gy.map((g, j) => (isLive(Math.floor(j / lanes)) ? g : Number.NaN))),
                  yValues: masked ? kernels.input(yValues) : 0,
                  yLow: floatBits(-1),
                  yHigh: floatBits(2),
                  gx,
                  factor: factorKind ? kernels.input(factors) : 0,
                  outer: kind === "scalar" ? 1 : outer,
                  inner: kind === "scalar" ? units : inner,
                  factorOuterStride: factor.outerStride,
                  factorInnerStride: factor.innerStride,
                  sign: floatBits(sign),
                  accumulate,
                });

                const expected = new Float64Array(gxUnits * lanes);
                const magnitude = new Float64Array(gxUnits * lanes);
                // The reference's product vjp, with dy in place of the lane's cotangents.
                const node = nodeOf("Mul", x.shape, factor.shape, [outer, inner]);
                const other = factorKind
                  ? Float64Array.from(factors)
                  : new Float64Array(factors.length).fill(1);
                const nothing = new Float64Array(gxUnits);
                for (let k = 0; k < lanes; k++) {
                  const dy = Float64Array.from({ length: units }, (_, u) =>
                    isLive(u) ? gy[u * lanes + k] : 0,
                  );
                  const [dx] = arithmetic.vjp(node, [nothing, other], dy, dy);
                  const [size] = arithmetic.vjp(node, [nothing, other.map(Math.abs)], dy, dy.map(Math.abs));
                  for (let u = 0; u < gxUnits; u++) {
                    const already = accumulate ? before[u * lanes + k] : 0;
                    expected[u * lanes + k] = already + sign * dx[u];
                    magnitude[u * lanes + k] = Math.abs(already) + size[u];
                  }
                }
                expectWithin(gx.values(), expected, (j) => (units / gxUnits + 1) * U * magnitude[j]);
              }
        });
});
