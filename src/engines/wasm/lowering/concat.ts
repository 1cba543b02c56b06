import { rowMajorStrides, stridedOffsets } from "../../../kernels/strided.js";
import { type Concat, type Shape, type Slice, sizeOf, type Transpose } from "../../../network/spec.js";
import type { Kept } from "../forward.js";
import { type Buffer, entry, Place } from "../tape.js";
import type { Lowering } from "./lowering.js";
import { unmasked } from "./pixel_map.js";

/**
 * Concatenation: rows of each input copied between the rows of the output. Where all inputs share one clamp, or
 * only a max pool reads the output, the cotangents are handed on as they are: what is undefined there is dead
 * in the input as well. Under any other mask, such as that of a sum which the output was added to, they are
 * written out with zeros first.
 */
export const concat: Lowering<Concat> = {
  forward(step, { emit, value }) {
    for (const part of partsOf(step.node.inputShapes, step.node.axis))
      emit(
        entry("copy_rows", step.node.name, Math.ceil(part.rows / 64), {
          x: value(step.inputs[part.index]),
          y: new Place(value(step.output), 4 * part.offset),
          rows: part.rows,
          run: part.run,
          xStep: part.run,
          yStep: part.total,
          accumulate: 0,
        }),
      );
    return {};
  },
  vjp(step, context) {
    const lanes = 4 * context.vectors;
    const { mask } = context.sliced;
    const units = sizeOf(step.node.shape);
    let zeroed: Buffer | undefined;
    for (const part of partsOf(step.node.inputShapes, step.node.axis)) {
      const input = step.inputs[part.index];
      if (!context.varies(input)) continue;
      const own = context.mask(input);
      if (mask?.winners && own?.winners)
        context.emit(
          entry("copy_rows", step.node.name, Math.ceil(part.rows / 64), {
            x: new Place(mask.values, 4 * part.offset),
            y: own.values,
            rows: part.rows,
            run: part.run,
            xStep: part.total,
            yStep: part.run,
            accumulate: 0,
          }),
        );
      const shared =
        mask?.values === context.value(step.output) && mask.low === own?.low && mask.high === own.high;
      const nested = !mask || shared || (mask.winners && own?.winners);
      // Along the last axis a row is a pixel, and a part of it a slice of channels.
      const last = step.node.axis === step.node.shape.length - 1;
      if (nested && last && context.passSlice(input, part.offset)) continue;
      if (!nested) zeroed ??= unmasked(context, units, step.node.name);
      const { target, accumulate } = context.into(input);
      context.emit(
        entry("copy_rows", step.node.name, Math.ceil(part.rows / 64), {
          x: new Place(zeroed && !nested ? zeroed : context.cotangent.buffer, 4 * lanes * part.offset),
          y: target.buffer,
          rows: part.rows,
          run: lanes * part.run,
          xStep: lanes * part.total,
          yStep: lanes * part.run,
          accumulate,
        }),
      );
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
    forward(step, { layout, emit, value, varies }): Kept {
      const index = sourceOf(step.node);
      emit(
        entry("gather_units", step.node.name, Math.ceil(index.length / 256), {
          x: value(step.inputs[0]),
          y: value(step.output),
          index: layout.place(index),
          units: index.length,
          run: 1,
          accumulate: 0,
        }),
      );
      if (!varies(step.inputs[0])) return {};
      const inverse = new Int32Array(sizeOf(step.node.inputShapes[0])).fill(-1);
      index.forEach((from, to) => {
        inverse[from] = to;
      });
      return { inverse: layout.place(inverse) };
    },
    vjp(step, context) {
      const [input] = step.inputs;
      if (!context.varies(input)) return;
      const units = sizeOf(step.node.inputShapes[0]);
      const { target, accumulate } = context.into(input);
      context.emit(
        entry("gather_units", step.node.name, Math.ceil(units / 256), {
          x: unmasked(context, sizeOf(step.node.shape), step.node.name),
          y: target.buffer,
          index: context.kept.inverse,
          units,
          run: 4 * context.vectors,
          accumulate,
        }),
      );
    },
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
