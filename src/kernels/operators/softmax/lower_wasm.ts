import { rowsOf } from "../../rows_of.js";
import { defined } from "../../scale/lower_wasm.js";
import { type Lowering, NOTHING } from "../../wasm/lowering.js";
import { entry } from "../../wasm/tape.js";
import type { Softmax } from "./spec.js";

/** The vjp reads the step's own output. */
export const lowering: Lowering<Softmax> = {
  forward({ node, inputs, output }, { emit, value }) {
    const { rows, depth } = rowsOf(node.shape);
    emit(entry("softmax_forward", node.name, rows, { x: value(inputs[0]), y: value(output), depth }));
    return NOTHING;
  },
  vjp(step, context) {
    const { node, inputs, output } = step;
    if (!context.varies(inputs[0])) return;
    const { rows, depth } = rowsOf(node.shape);
    const { target, accumulate } = context.into(inputs[0]);
    context.emit(
      entry(context.lanes("softmax_vjp") as "softmax_vjp_4", node.name, rows, {
        gy: defined(step, context),
        y: context.value(output),
        gx: target.buffer,
        depth,
        accumulate,
      }),
    );
  },
};
