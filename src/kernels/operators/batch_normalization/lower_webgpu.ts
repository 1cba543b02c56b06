import { emitAffine } from "../../affine/lower_webgpu.js";
import { emitScale } from "../../scale/lower_webgpu.js";
import type { Lowering } from "../../webgpu/lowering.js";
import { type BatchNormalization, factorsOf } from "./spec.js";

/** A batch normalisation that no convolution could take in: one factor and one offset a channel. */
export const lowering: Lowering<BatchNormalization> = {
  forward(step, context) {
    const { node } = step;
    const { scale, offset } = factorsOf(node);
    const [x, y] = [context.value(step.inputs[0]), context.value(step.output)];
    const factor = emitAffine(
      node.name,
      x,
      y,
      Float32Array.from(scale),
      Float32Array.from(offset),
      step.clamp,
      context,
    );
    return { factor };
  },
  vjp(step, context) {
    const [input] = step.inputs;
    if (!context.varies(input)) return;
    emitScale(step.node.name, context.cotangent, context.kept.factor, context.into(input), context.emit);
  },
};
