import { rowsOf } from "../../rows_of.js";
import { defined } from "../../scale/lower_wasm.js";
import { type Lowering, NOTHING } from "../../wasm/lowering.js";
import { entry, f32 } from "../../wasm/tape.js";
import type { LayerNormalization } from "./spec.js";

export const lowering: Lowering<LayerNormalization> = {
  forward({ node, inputs, output }, { memory, emit, value, varies }) {
    const { rows, depth } = rowsOf(node.shape);
    const scale = memory.place(node.scale ?? new Float32Array(depth).fill(1));
    const moments = varies(inputs[0]) ? memory.reserve(16 * rows) : undefined;
    emit(
      entry("layer_normalization_forward", node.name, rows, {
        ...{ x: value(inputs[0]), y: value(output), scale, depth },
        bias: memory.place(node.bias ?? new Float32Array(depth)),
        moments: moments ?? 0,
        epsilon: f32(node.epsilon),
      }),
    );
    return moments ? { scale, moments } : NOTHING;
  },
  vjp(step, context) {
    const { node, inputs } = step;
    if (!context.varies(inputs[0])) return;
    const { rows, depth } = rowsOf(node.shape);
    const { scale, moments } = context.kept;
    const gy = defined(step, context);
    const { target, accumulate } = context.into(inputs[0]);
    const kernel = context.lanes("layer_normalization_vjp") as "layer_normalization_vjp_4";
    context.emit(
      entry(kernel, node.name, rows, {
        ...{ gy, x: context.value(inputs[0]), scale, moments, gx: target.buffer, depth, accumulate },
      }),
    );
  },
};
