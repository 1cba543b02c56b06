import { broadcastOffsets } from "../../../kernels/strided.js";
import { type Arithmetic, type Constant, sizeOf } from "../../../network/spec.js";
import { maskFields } from "../backward.js";
import { Buffer, entry, f32 } from "../tape.js";
import type { Lowering } from "./lowering.js";
import { placeRows } from "./pixel_map.js";

const kernels = { Add: "arithmetic_add", Sub: "arithmetic_sub", Mul: "arithmetic_mul" } as const;

/**
 * Pairs of operands (`fuse` splits longer chains). An operand that is repeated is first written out in full; its
 * cotangent is the sum over the repetitions, a sparse matrix of ones.
 */
export const arithmetic: Lowering<Arithmetic> = {
  forward(step, { layout, emit, value, varies }) {
    const { node } = step;
    const units = sizeOf(node.shape);
    const kept: Record<string, Buffer> = {};
    const operands = step.inputs.map((name, i) => {
      const shape = node.inputShapes[i];
      if (sizeOf(shape) === units) return value(name);
      const index = broadcastOffsets(shape, node.shape);
      const full = layout.reserve(4 * units + 16);
      kept[`full${i}`] = full;
      emit(
        entry("gather_units", node.name, Math.ceil(units / 256), {
          x: value(name),
          y: full,
          index: layout.place(index),
          units,
          run: 1,
          accumulate: 0,
        }),
      );
      if (varies(name)) {
        const rows = placeRows(
          sizeOf(shape),
          (visit) => {
            index.forEach((to, from) => {
              visit(to, from, 1);
            });
          },
          layout,
        );
        for (const [key, buffer] of Object.entries(rows)) kept[key + i] = buffer;
      }
      return full;
    });
    if (node.op === "Sub" && varies(step.inputs[1])) kept.minus = layout.place(Float32Array.of(-1));
    const inner = node.shape[node.shape.length - 1];
    emit(
      entry(kernels[node.op], node.name, Math.ceil(units / inner / 64), {
        a: operands[0],
        b: operands[1],
        y: value(step.output),
        outer: units / inner,
        inner,
        aOuterStride: inner,
        bOuterStride: inner,
        aInnerStride: 1,
        bInnerStride: 1,
        low: f32(step.clamp?.low ?? -Infinity),
        high: f32(step.clamp?.high ?? Infinity),
      }),
    );
    return kept;
  },

  vjp(step, context) {
    const { node, inputs } = step;
    const { cotangent, emit, kept, lanes, vectors } = context;
    const units = sizeOf(node.shape);
    inputs.forEach((name, i) => {
      if (!context.varies(name)) return;
      const other = kept[`full${1 - i}`] ?? context.value(inputs[1 - i]);
      const factor = node.op === "Mul" ? other : node.op === "Sub" && i === 1 ? kept.minus : undefined;
      const whole = !kept[`full${i}`];
      if (whole && !factor) {
        context.pass(name);
        return;
      }
      const { target, accumulate } = context.into(name);
      const product = whole ? target.buffer : new Buffer(16 * vectors * units);
      emit(
        entry(lanes("scale_lanes") as "scale_lanes_4", node.name, Math.ceil(units / 256), {
          gy: cotangent.buffer,
          ...maskFields(cotangent.mask),
          gx: product,
          factor: factor ?? 0,
          period: factor && node.op === "Mul" ? units : 1,
          units,
          accumulate: whole ? accumulate : 0,
        }),
      );
      if (whole) return;
      const run = 4 * vectors;
      const rows = sizeOf(node.inputShapes[i]);
      emit(
        entry("pixel_map", node.name, rows, {
          x: product,
          y: target.buffer,
          starts: kept[`starts${i}`],
          columns: kept[`columns${i}`],
          factors: kept[`factors${i}`],
          run,
          xStep: run,
          yStep: run,
          accumulate,
        }),
      );
    });
  },
};

/** A value of the model itself: it lies in memory from the start. */
export const constant: Lowering<Constant> = {
  forward(step, { layout, value }) {
    layout.initialise(value(step.output), step.node.data);
    return {};
  },
  vjp() {},
};
