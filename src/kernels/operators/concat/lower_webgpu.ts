import { dispatch, perUnit } from "../../webgpu/dispatch.js";
import { type Lowering, NOTHING } from "../../webgpu/lowering.js";
import { partsOf } from "./parts.js";
import type { Concat } from "./spec.js";
import { type ConcatParams, concatForwardShader, MOST_INPUTS } from "./wgsl_forward.js";
import { concatVjpShader } from "./wgsl_vjp.js";

/** Concatenation: rows of the inputs side by side; the vjp takes them apart. */
export const lowering: Lowering<Concat> = {
  forward(step, { emit, value }) {
    const { node } = step;
    const y = value(step.output);
    const parts = partsOf(node);
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
    for (const { index, run, total, offset } of partsOf(node)) {
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
