import type { Step } from "../../../network/fuse.js";
import { type Activation, type BatchNormalization, sizeOf } from "../../../network/spec.js";
import { type BackwardContext, maskFields } from "../backward.js";
import type { ForwardContext } from "../forward.js";
import { type Buffer, entry, f32 } from "../tape.js";
import { type Lowering, NOTHING } from "./lowering.js";

/** A batch normalisation that no convolution could take in: one factor and one offset a channel. */
export const batchNormalization: Lowering<BatchNormalization> = {
  forward(step, context) {
    const { node } = step;
    const scale = Float32Array.from(node.scale, (s, c) => s / Math.sqrt(node.variance[c] + node.epsilon));
    const offset = Float32Array.from(node.bias, (b, c) => {
      const factor = node.scale[c] / Math.sqrt(node.variance[c] + node.epsilon);
      return b - node.mean[c] * factor;
    });
    const factor = context.layout.place(scale);
    emitAffine(step, context, factor, context.layout.place(offset), scale.length);
    return { factor };
  },
  vjp: (step, context) => scaleInto(step, context, context.kept.factor, step.node.scale.length),
};

/** A Relu or Clip that no operator before it could take in. */
export const clamp: Lowering<Activation> = {
  forward(step, context) {
    const one = context.layout.place(Float32Array.of(1));
    emitAffine(step, context, one, context.layout.place(Float32Array.of(0)), 1);
    return NOTHING;
  },
  vjp: (step, context) => scaleInto(step, context, undefined, 1),
};

function emitAffine(
  step: Step,
  context: ForwardContext,
  scale: Buffer,
  offset: Buffer,
  period: number,
): void {
  const units = sizeOf(step.node.shape);
  context.emit(
    entry("affine", step.node.name, Math.ceil(units / 1024), {
      x: context.value(step.inputs[0]),
      scale,
      offset,
      y: context.value(step.output),
      units,
      period,
      low: f32(step.clamp?.low ?? -Infinity),
      high: f32(step.clamp?.high ?? Infinity),
    }),
  );
}

/** `gx (+)= gy * factor[u mod period]`, for operators that scale each unit by itself. */
export function scaleInto(
  step: Step,
  context: BackwardContext,
  factor: Buffer | undefined,
  period: number,
): void {
  const [input] = step.inputs;
  if (!context.varies(input)) return;
  const units = sizeOf(step.node.shape);
  const { target, accumulate } = context.into(input);
  context.emit(
    entry(context.lanes("scale_lanes") as "scale_lanes_4", step.node.name, Math.ceil(units / 256), {
      gy: context.cotangent.buffer,
      ...maskFields(context.cotangent.mask),
      gx: target.buffer,
      factor: factor ?? 0,
      period,
      units,
      accumulate,
    }),
  );
}
