import { arithmeticForwardShader } from "../../../kernels/arithmetic/wgsl_forward.js";
import { productShader } from "../../../kernels/arithmetic/wgsl_product.js";
import { repeatedSumShader, SUM_COLUMNS } from "../../../kernels/arithmetic/wgsl_sum.js";
import { constantShader } from "../../../kernels/constant/wgsl.js";
import { broadcastOffsets } from "../../../kernels/strided.js";
import type { Step } from "../../../network/fuse.js";
import { type Arithmetic, type Constant, type Node, sizeOf } from "../../../network/spec.js";
import { dispatch, type Tensor } from "../dispatch.js";
import { emitScale, periodInFours, perUnit } from "./affine.js";
import { inFours } from "./concat.js";
import type { BackwardContext, Destination, Lowering } from "./lowering.js";

/** Pairs of operands (`fuse` splits longer chains); the cotangent of a repeated one is a sum over its repetitions. */
export const arithmetic: Lowering<Arithmetic> = {
  forward(step, { emit, value, constant }) {
    const { node } = step;
    const { vector, units, operands } = broadcasting(node);
    const [a, b] = step.inputs.map(value);
    const [aIndex, bIndex] = operands.map(
      ({ index }) => index && constant(`broadcasting of ${node.name}`, index),
    );
    const shader = arithmeticForwardShader({
      op: node.op,
      vector,
      repeatsA: aIndex !== undefined,
      repeatsB: bIndex !== undefined,
    });
    const { low, high } = step.clamp ?? { low: -Infinity, high: Infinity };
    const params = { units, aUnits: operands[0].units, bUnits: operands[1].units, low, high };
    emit(
      dispatch(node.name, shader, params, { a, b, aIndex, bIndex, y: value(step.output) }, perUnit(units)),
    );
    return { ...(aIndex && { index0: aIndex }), ...(bIndex && { index1: bIndex }) };
  },

  vjp(step, context) {
    const { node, inputs } = step;
    const { operands } = broadcasting(node);
    inputs.forEach((name, i) => {
      if (!context.varies(name)) return;
      if (operands[i].index) sumRepetitions(step, i, context);
      else if (node.op === "Mul") emitProduct(step, 1 - i, context.into(name), context);
      else if (node.op === "Sub" && i === 1) {
        const minus = context.constant(
          "minus one",
          periodInFours(Float32Array.of(-1), context.cotangent.units),
        );
        emitScale(node.name, context.cotangent, minus, context.into(name), context.emit);
      } else context.pass(name);
    });
  },
};

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

function broadcasting({ shape, inputShapes }: Node<Arithmetic>): Broadcasting {
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

/** The output's cotangent times operand `other`, into a cotangent as large as the output. */
function emitProduct(
  { node, inputs }: Step<Arithmetic>,
  other: number,
  { target: gx, share, tensors, clamp }: Destination,
  { emit, kept, value, slots, cotangent: gy }: BackwardContext,
): void {
  const { vector, units, operands } = broadcasting(node);
  const index = kept[`index${other}`];
  emit(
    dispatch(
      node.name,
      productShader({ vector, repeated: index !== undefined, zeroStays: false, share }),
      { units, factorUnits: operands[other].units, ...clamp },
      { gy, factor: value(inputs[other]), index, slots, gx, ...tensors },
      perUnit(units),
    ),
  );
}

/** The sum over the repetitions of operand i. */
function sumRepetitions(step: Step<Arithmetic>, i: number, context: BackwardContext): void {
  const { node, inputs } = step;
  const { vector, units, operands } = broadcasting(node);
  const { cotangent, constant, kept, value, slots, scratch, into, emit } = context;
  const { units: results, index } = operands[i];
  const isProduct = node.op === "Mul";
  const bothRepeated = isProduct && kept[`index${1 - i}`] !== undefined;
  let gy = cotangent;
  if (bothRepeated) {
    gy = scratch("product", cotangent.units);
    const plain = { share: { added: false, masked: false }, tensors: {}, clamp: { low: 0, high: 0 } };
    emitProduct(step, 1 - i, { target: gy, ...plain }, context);
  }
  const { target: gx, share, tensors, clamp } = into(inputs[i]);
  const weighted = isProduct && !bothRepeated;
  const other: Tensor | undefined = weighted ? value(inputs[1 - i]) : undefined;
  const sign = node.op === "Sub" && i === 1 ? -1 : 1;
  const places = constant(`repetitions of ${inputs[i]}`, repetitions(index as Int32Array, results));
  emit(
    dispatch(
      node.name,
      repeatedSumShader({ vector, weighted, share }),
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

/** A value of the model itself, written for every image. */
export const constant: Lowering<Constant> = {
  forward(step, context) {
    const { name, data } = step.node;
    const y = context.value(step.output);
    context.emit(
      dispatch(
        name,
        constantShader,
        { units: y.units },
        { data: context.constant(name, data), y },
        perUnit(y.units),
      ),
    );
    return {};
  },
  vjp() {},
};
