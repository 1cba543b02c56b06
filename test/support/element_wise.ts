import type { ElementWiseKernel } from "../../src/kernels/element_wise/lower_wasm.js";
import type { ElementWiseFunction } from "../../src/kernels/element_wise/lower_webgpu.js";
import { referenceOf } from "../../src/kernels/operators/reference_of.js";
import { testing } from "../../src/kernels/operators/testing.generated.js";
import { wasm } from "../../src/kernels/operators/wasm.generated.js";
import { webgpu } from "../../src/kernels/operators/webgpu.generated.js";
import type { ElementWiseTesting } from "../../src/kernels/testing.js";
import type { Operator, OpName } from "../../src/network/spec.js";
import { singleNode } from "./single_node.js";

/** A function of each value by itself that has kernels of its own (a relu or clip is a clamp), with one choice of attributes. */
export interface FunctionUnderTest {
  readonly name: string;
  readonly operator: Operator;
  readonly wasm: ElementWiseKernel<Operator>;
  readonly webgpu: ElementWiseFunction<Operator>;
  /** f and f' in float64. */
  readonly value: (x: Float32Array) => Float64Array;
  readonly slope: (x: Float32Array) => Float64Array;
  /** How far these cancel, times min(16, |x|). */
  readonly cancellation: number;
  /** Errors of float32 kernels are of max(1, |x|). */
  readonly roundsInput: boolean;
  /** Where kernels are held to the reference. */
  readonly defined: (x: number) => boolean;
  /** It, or its derivative, grows beyond all bounds: errors of float32 kernels are of |y| and |f'|. */
  readonly unbounded: boolean;
  /** How many times the usual error float32 kernels may have at x. */
  readonly condition: (x: number) => number;
}

/** Every sample of every such operator whose parameters do not depend on a shape. */
export const FUNCTIONS: readonly FunctionUnderTest[] = (Object.keys(testing) as OpName[]).flatMap((op) => {
  const { elementWise, samples } = testing[op];
  const [onWasm, onWebgpu] = [wasm[op], webgpu[op]];
  if (!elementWise || !("elementWise" in onWasm) || !("elementWise" in onWebgpu)) return [];
  return samples
    .map(({ operator }) => operator as Operator)
    .filter((operator) => operator.op !== "PRelu" || operator.slope.length === 1)
    .map((sample): FunctionUnderTest => {
      const operator = roundedToFloat32(sample);
      const reference = referenceOf(op)!;
      const nodeFor = (x: Float32Array) => singleNode(operator, [x.length]);
      return {
        name: nameOf(sample),
        operator,
        wasm: onWasm.elementWise as ElementWiseKernel<Operator>,
        webgpu: onWebgpu.elementWise as ElementWiseFunction<Operator>,
        value: (x) => reference.forward(nodeFor(x), [Float64Array.from(x)]),
        slope(x) {
          const exact = Float64Array.from(x);
          const ones = exact.map(() => 1);
          return reference.vjp(nodeFor(x), [exact], exact, ones)[0];
        },
        cancellation: elementWise.cancellation,
        roundsInput: (elementWise.roundsInput as (operator: Operator) => boolean)(sample),
        defined: (x) => (elementWise as ElementWiseTesting<Operator>).defined?.(operator, x) ?? true,
        unbounded: elementWise.unbounded ?? false,
        condition: (x) => (elementWise as ElementWiseTesting<Operator>).condition?.(operator, x) ?? 1,
      };
    });
});

/** As float32 has it: what is too large is infinite. */
export const inFloat32 = (x: number): number =>
  Math.abs(x) > 3.4028235677973366e38 ? Math.sign(x) * Infinity : x;

/** As kernels see the attributes. */
function roundedToFloat32(operator: Operator): Operator {
  const rounded = Object.entries(operator).map(([key, value]) => [
    key,
    typeof value === "number" ? Math.fround(value) : value,
  ]);
  return Object.fromEntries(rounded);
}

function nameOf({ op, ...attributes }: Operator): string {
  return [op, ...Object.entries(attributes).map(([key, value]) => `${key} ${value}`)].join(", ");
}
