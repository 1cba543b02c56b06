import { type ConcatParams, concatForwardShader, MOST_INPUTS } from "../../../kernels/concat/wgsl_forward.js";
import { concatVjpShader } from "../../../kernels/concat/wgsl_vjp.js";
import { rowMajorStrides, stridedOffsets } from "../../../kernels/strided.js";
import { gatherShader } from "../../../kernels/transpose/wgsl.js";
import { type Concat, type Shape, type Slice, sizeOf, type Transpose } from "../../../network/spec.js";
import { dispatch } from "../dispatch.js";
import { perUnit } from "./affine.js";
import { type Lowering, NOTHING } from "./lowering.js";

/** Concatenation: rows of the inputs side by side; the vjp takes them apart. */
export const concat: Lowering<Concat> = {
  forward(step, { emit, value }) {
    const { node } = step;
    const y = value(step.output);
    const parts = partsOf(node.inputShapes, node.axis);
    const vector = parts.every(({ run }) => run % 4 === 0);
    const elements = (units: number) => (vector ? units / 4 : units);
    for (let first = 0; first < parts.length; first += MOST_INPUTS) {
      const some = parts.slice(first, first + MOST_INPUTS);
      const { offset, rows, total } = some[0];
      const ends = some.map((part) => elements(part.offset + part.run - offset));
      const run = ends[ends.length - 1];
      const params: Record<ConcatParams | "units", number> = {
        units: rows * run,
        run,
        total: elements(total),
        offset: elements(offset),
        end0: ends[0],
        end1: ends[1] ?? 0,
        end2: ends[2] ?? 0,
        end3: ends[3] ?? 0,
      };
      const tensors = Object.fromEntries(some.map(({ index }, k) => [`x${k}`, value(step.inputs[index])]));
      const shader = concatForwardShader({ inputs: some.length, vector });
      emit(dispatch(node.name, shader, params, { ...tensors, y }, perUnit(params.units)));
    }
    return NOTHING;
  },
  vjp(step, { emit, cotangent: gy, into, varies }) {
    const { node } = step;
    for (const { index, run, total, offset } of partsOf(node.inputShapes, node.axis)) {
      const input = step.inputs[index];
      if (!varies(input)) continue;
      const { target: gx, share, tensors, clamp } = into(input);
      const vector = [run, total, offset].every((n) => n % 4 === 0);
      const elements = (units: number) => (vector ? units / 4 : units);
      const units = elements(gx.units);
      const params = { units, run: elements(run), total: elements(total), offset: elements(offset) };
      const shader = concatVjpShader({ vector, share });
      emit(dispatch(node.name, shader, { ...params, ...clamp }, { gy, gx, ...tensors }, perUnit(units)));
    }
  },
};

/** For each input: the rows it contributes, their length, and where they start in an output row. */
function partsOf(shapes: readonly Shape[], axis: number) {
  const rows = sizeOf(shapes[0].slice(0, axis));
  const runs = shapes.map((shape) => sizeOf(shape.slice(axis)));
  const total = runs.reduce((a, b) => a + b, 0);
  let offset = 0;
  return runs.map((run, index) => {
    const part = { index, rows, run, total, offset };
    offset += run;
    return part;
  });
}

/** Cropping and transposition: every output unit is one input unit. */
function moved<O extends Slice | Transpose>(
  sourceOf: (node: { shape: Shape; inputShapes: readonly Shape[] } & O) => Int32Array,
): Lowering<O> {
  return {
    forward(step, { emit, value, constant, varies }) {
      const { name } = step.node;
      const source = sourceOf(step.node);
      const [x, y] = [value(step.inputs[0]), value(step.output)];
      const { vector, index } = inFours(source, x.units);
      emit(
        dispatch(
          name,
          gatherShader({ extent: "images", vector, share: { added: false, masked: false } }),
          { units: index.length, inputs: vector ? x.units / 4 : x.units, low: 0, high: 0 },
          { x, y, index: constant(`index of ${name}`, index) },
          perUnit(index.length),
        ),
      );
      if (!varies(step.inputs[0])) return NOTHING;
      const inverse = new Int32Array(x.units).fill(-1);
      source.forEach((from, to) => {
        inverse[from] = to;
      });
      return { inverse: constant(`inverse of ${name}`, inFours(inverse, y.units).index) };
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

export const slice: Lowering<Slice> = moved((node) => {
  const strides = rowMajorStrides(node.inputShapes[0]);
  return stridedOffsets(
    node.shape,
    strides,
    node.starts.reduce((sum, start, axis) => sum + start * strides[axis], 0),
  );
});

export const transpose: Lowering<Transpose> = moved((node) => {
  const strides = rowMajorStrides(node.inputShapes[0]);
  return stridedOffsets(
    node.shape,
    node.perm.map((axis) => strides[axis]),
  );
});
