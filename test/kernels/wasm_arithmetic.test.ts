import { describe, expect, test } from "vitest";
import type { PairLowering } from "../../src/kernels/arithmetic/lower_wasm.js";
import type { AnyOperator } from "../../src/kernels/node.js";
import { referenceOf } from "../../src/kernels/operators/reference_of.js";
import { wasm } from "../../src/kernels/operators/wasm.generated.js";
import type { Node, OpName, Shape } from "../../src/network/spec.js";
import { sizeOf } from "../../src/network/spec.js";
import { randomValues } from "../support/random_values.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";

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

function nodeOf(op: OpName, a: Shape, b: Shape, shape: Shape): Node {
  return { op, name: "y", inputs: ["a", "b"], inputShapes: [a, b], shape } as Node;
}

/** Every operator that is arithmetic of pairs, and its kernel. */
const PAIRS = Object.entries(wasm).flatMap(([op, lowering]) =>
  "pair" in lowering
    ? [{ op: op as OpName, kernel: (lowering as PairLowering<AnyOperator>).pair.kernel }]
    : [],
);

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
    for (const { op, kernel } of PAIRS)
      test(`forward rounds once, ${op} of [${outer}][${inner}] units, all ways to broadcast`, () => {
        for (const aKind of KINDS)
          for (const bKind of KINDS) {
            const [a, b] = [operandOf(aKind, outer, inner), operandOf(bKind, outer, inner)];
            const [aValues, bValues] = [random(sizeOf(a.shape), 1), random(sizeOf(b.shape), 2)];
            const kernels = new WasmKernels(relaxed);
            const y = kernels.output(outer * inner);
            kernels.call(kernel, Math.ceil(outer / 64), {
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
            const exact = referenceOf(op)!.forward(nodeOf(op, a.shape, b.shape, [outer, inner]), [
              Float64Array.from(aValues),
              Float64Array.from(bValues),
            ]);
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
