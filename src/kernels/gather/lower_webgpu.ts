import type { AnyOperator, Node } from "../node.js";
import { dispatch, perUnit } from "../webgpu/dispatch.js";
import { type Lowering, NOTHING } from "../webgpu/lowering.js";
import { ALONE } from "../webgpu/shader.js";
import { inverseOf } from "./inverse.js";
import { gatherShader } from "./wgsl.js";

/**
 * The lowering of an operator whose every output unit is one input unit, as cropping and transposition are.
 *
 * @param sourceOf for each output unit the input unit, none twice
 */
export function gathered<O extends AnyOperator>(sourceOf: (node: Node<O>) => Int32Array): Lowering<O> {
  return {
    forward(step, { emit, value, constant, varies }) {
      const { name } = step.node;
      const source = sourceOf(step.node);
      const [x, y] = [value(step.inputs[0]), value(step.output)];
      const { vector, index } = inFours(source, x.units);
      emit(
        dispatch(
          name,
          gatherShader({ extent: "images", vector, share: ALONE }),
          { units: index.length, inputs: vector ? x.units / 4 : x.units, low: 0, high: 0 },
          { x, y, index: constant(`index of ${name}`, index) },
          perUnit(index.length),
        ),
      );
      if (!varies(step.inputs[0])) return NOTHING;
      const inverse = inFours(inverseOf(source, x.units), y.units);
      return { inverse: constant(`inverse of ${name}`, inverse.index) };
    },
    vjp(step, { emit, kept, cotangent: x, into, varies }) {
      const [input] = step.inputs;
      if (!varies(input)) return;
      const { target: y, share, tensors, clamp } = into(input);
      const units = kept.inverse.units;
      const vector = units < y.units;
      emit(
        dispatch(
          step.node.name,
          gatherShader({ extent: "cotangents", vector, share }),
          { units, inputs: vector ? x.units / 4 : x.units, ...clamp },
          { x, y, index: kept.inverse, ...tensors },
          perUnit(units),
        ),
      );
    },
  };
}

/**
 * The index of a gather from `inputs` units by aligned fours where units only move in such, else as it is.
 *
 * @param index -1 for a unit without a source
 */
export function inFours(index: Int32Array, inputs: number): { vector: boolean; index: Int32Array } {
  const moves = (from: number, i: number) => {
    const first = index[i - (i % 4)];
    return first < 0 ? from < 0 : first % 4 === 0 && from === first + (i % 4);
  };
  const vector = inputs % 4 === 0 && index.length % 4 === 0 && index.every(moves);
  if (!vector) return { vector, index };
  return {
    vector,
    index: Int32Array.from({ length: index.length / 4 }, (_, i) =>
      index[4 * i] < 0 ? -1 : index[4 * i] / 4,
    ),
  };
}
