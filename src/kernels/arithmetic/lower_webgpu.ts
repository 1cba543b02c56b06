import { inFours } from "../gather/lower_webgpu.js";
import { type AnyOperator, type Node, type Step, sizeOf, UNCLAMPED } from "../node.js";
import { emitScale, periodInFours } from "../scale/lower_webgpu.js";
import { broadcastOffsets } from "../strided.js";
import { dispatch, perUnit, type Tensor } from "../webgpu/dispatch.js";
import type { BackwardContext, Destination, ForwardContext, Kept, Lowering } from "../webgpu/lowering.js";
import { ALONE } from "../webgpu/shader.js";
import type { Factor } from "./factor.js";
import { type ArithmeticStructure, arithmeticForwardShader } from "./wgsl.js";
import { productShader } from "./wgsl_product.js";
import { repeatedSumShader, SUM_COLUMNS } from "./wgsl_sum.js";

export interface PairShader<O extends AnyOperator> extends Pick<ArithmeticStructure, "name" | "operator"> {
  /** Of the first and of the second operand. */
  readonly factors: readonly [Factor, Factor];
  /** Emits what computes the factors that are "kept", `factor0` and `factor1`, as large as the output. */
  readonly keep?: (
    step: Step<O>,
    operands: RepeatedOperands,
    context: ForwardContext,
  ) => Readonly<Record<"factor0" | "factor1", Tensor>>;
}

export interface PairLowering<O extends AnyOperator> extends Lowering<O> {
  readonly pair: PairShader<O>;
}

/** Arithmetic of pairs of operands (`fuse` splits longer chains); the cotangent of a repeated one is a sum over its repetitions. */
export function pairs<O extends AnyOperator>(of: PairShader<O>): PairLowering<O> {
  return {
    pair: of,
    forward(step, context) {
      const { node } = step;
      const indices = broadcasting(node).operands.map(
        ({ index }) => index && context.constant(`broadcasting of ${node.name}`, index),
      );
      const operands = operandsOf(step, indices, context);
      emitPair(of, step, operands, context);
      return {
        ...(indices[0] && { index0: indices[0] }),
        ...(indices[1] && { index1: indices[1] }),
        ...(of.keep && step.inputs.some(context.varies) && of.keep(step, operands, context)),
      };
    },

    vjp(step, context) {
      const { operands } = broadcasting(step.node);
      step.inputs.forEach((name, i) => {
        if (!context.varies(name)) return;
        const factor = of.factors[i];
        if (operands[i].index) sumRepetitions(step, i, factor, context);
        else if (factor === "one") context.pass(name);
        else if (factor === "minus one") {
          const minus = periodInFours(Float32Array.of(-1), context.cotangent.units);
          const factors = context.constant("minus one", minus);
          emitScale(step.node.name, context.cotangent, factors, context.into(name), context.emit);
        } else emitProduct(step, factorOf(step, i, factor, context), context.into(name), context);
      });
    },
  };
}

/** What a kernel of two operands, perhaps repeated, needs to know of them. */
export interface RepeatedOperands {
  readonly structure: Pick<ArithmeticStructure, "vector" | "repeatsA" | "repeatsB">;
  readonly params: Readonly<Record<"units" | "aUnits" | "bUnits", number>>;
  readonly tensors: Readonly<Record<"a" | "b", Tensor> & Partial<Record<"aIndex" | "bIndex", Tensor>>>;
}

/** @param indices how operands are repeated */
function operandsOf(
  { node, inputs }: Step,
  [aIndex, bIndex]: readonly (Tensor | undefined)[],
  { value }: ForwardContext,
): RepeatedOperands {
  const { vector, units, operands } = broadcasting(node);
  return {
    structure: { vector, repeatsA: aIndex !== undefined, repeatsB: bIndex !== undefined },
    params: { units, aUnits: operands[0].units, bUnits: operands[1].units },
    tensors: { a: value(inputs[0]), b: value(inputs[1]), aIndex, bIndex },
  };
}

/** `y = clamp(a op b)`. */
function emitPair(
  { name, operator }: Pick<ArithmeticStructure, "name" | "operator">,
  { node, output, clamp }: Step,
  { structure, params, tensors }: RepeatedOperands,
  { emit, value }: ForwardContext,
): void {
  const shader = arithmeticForwardShader({ name, operator, ...structure });
  const { low, high } = clamp ?? UNCLAMPED;
  const y = value(output);
  emit(dispatch(node.name, shader, { ...params, low, high }, { ...tensors, y }, perUnit(params.units)));
}

interface Broadcasting {
  /** Units of the output and of both operands by fours. */
  readonly vector: boolean;
  /** Elements of the output. */
  readonly units: number;
  readonly operands: readonly {
    readonly units: number;
    /** For each element of the output the one of the operand, if it is repeated. */
    readonly index?: Int32Array;
  }[];
}

function broadcasting({ shape, inputShapes }: Node): Broadcasting {
  const units = sizeOf(shape);
  const operands = inputShapes.map((from) => {
    const size = sizeOf(from);
    if (size === units) return { units: size };
    return { units: size, index: broadcastOffsets(from, shape) };
  });
  const vectors = operands.map(({ units: size, index }) => (index ? inFours(index, size) : undefined));
  const vector = units % 4 === 0 && vectors.every((found) => !found || found.vector);
  if (!vector) return { vector, units, operands };
  return {
    vector,
    units: units / 4,
    operands: operands.map(({ units: size }, i) => ({ units: size / 4, index: vectors[i]?.index })),
  };
}

/** What the cotangent is multiplied by at every unit, and how that is repeated. */
interface FactorTensor {
  readonly factor: Tensor;
  readonly index?: Tensor;
}

function factorOf(
  { inputs }: Step,
  i: number,
  kind: "other operand" | "kept",
  { kept, value }: { readonly kept: Kept; readonly value: (name: string) => Tensor },
): FactorTensor {
  if (kind === "kept") return { factor: kept[`factor${i}`] };
  return { factor: value(inputs[1 - i]), index: kept[`index${1 - i}`] };
}

/** The output's cotangent times a factor, into a cotangent as large as the output. */
function emitProduct(
  { node }: Step,
  { factor, index }: FactorTensor,
  { target: gx, share, tensors, clamp }: Destination,
  { emit, slots, cotangent: gy }: BackwardContext,
): void {
  const { vector, units } = broadcasting(node);
  const factorUnits = vector ? factor.units / 4 : factor.units;
  emit(
    dispatch(
      node.name,
      productShader({ vector, repeated: index !== undefined, zeroStays: false, share }),
      { units, factorUnits, ...clamp },
      { gy, factor, index, slots, gx, ...tensors },
      perUnit(units),
    ),
  );
}

/** The sum over the repetitions of operand i. */
function sumRepetitions(step: Step, i: number, kind: Factor, context: BackwardContext): void {
  const { node, inputs } = step;
  const { vector, units, operands } = broadcasting(node);
  const { cotangent, constant, slots, scratch, into, emit } = context;
  const { units: results, index } = operands[i];
  const factor = kind === "other operand" || kind === "kept" ? factorOf(step, i, kind, context) : undefined;
  let gy = cotangent;
  if (factor?.index) {
    gy = scratch("product", cotangent.units);
    const destination = { target: gy, share: ALONE, tensors: {}, clamp: { low: 0, high: 0 } };
    emitProduct(step, factor, destination, context);
  }
  const { target: gx, share, tensors, clamp } = into(inputs[i]);
  const other = factor?.index ? undefined : factor?.factor;
  const sign = kind === "minus one" ? -1 : 1;
  const places = constant(`repetitions of ${inputs[i]}`, repetitions(index as Int32Array, results));
  emit(
    dispatch(
      node.name,
      repeatedSumShader({ vector, weighted: other !== undefined, share }),
      { units: results, inputs: units, repeats: units / results, sign, ...clamp },
      { gy, places, other, slots, gx, ...tensors },
      { rows: Math.ceil(results / SUM_COLUMNS), tile: 1, times: 1 },
    ),
  );
}

/** `[repetition][result]`: where each of the `results` is repeated, in order; every one as often as the others. */
function repetitions(index: Int32Array, results: number): Uint32Array {
  const places = new Uint32Array(index.length);
  const next = new Uint32Array(results);
  index.forEach((result, u) => {
    places[next[result]++ * results + result] = u;
  });
  return places;
}
