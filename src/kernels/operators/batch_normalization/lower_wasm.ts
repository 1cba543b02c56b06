import { emitAffine } from "../../affine/lower_wasm.js";
import { scaleInto } from "../../scale/lower_wasm.js";
import type { Lowering } from "../../wasm/lowering.js";
import { type BatchNormalization, factorsOf } from "./spec.js";

/** A batch normalisation that no convolution could take in: one factor and one offset a channel. */
export const lowering: Lowering<BatchNormalization> = {
  forward(step, context) {
    const { scale, offset } = factorsOf(step.node);
    const factor = context.memory.place(Float32Array.from(scale));
    emitAffine(step, context, factor, context.memory.place(Float32Array.from(offset)), scale.length);
    return { factor };
  },
  vjp: (step, context) => scaleInto(step, context, context.kept.factor, step.node.scale.length),
};
