import { type AnyOperator, type Step, sizeOf, UNCLAMPED } from "../node.js";
import { scaleInto } from "../scale/lower_wasm.js";
import { type ForwardContext, type Lowering, NOTHING } from "../wasm/lowering.js";
import { type Buffer, entry, f32 } from "../wasm/tape.js";

/** A Relu or Clip that no operator before it could take in. */
export const clampAlone: Lowering<AnyOperator> = {
  forward(step, context) {
    const one = context.memory.place(Float32Array.of(1));
    emitAffine(step, context, one, context.memory.place(Float32Array.of(0)), 1);
    return NOTHING;
  },
  vjp: (step, context) => scaleInto(step, context, undefined, 1),
};

/** `y = clamp(x scale[u mod period] + offset[u mod period])`. */
export function emitAffine(
  step: Step,
  context: ForwardContext,
  scale: Buffer,
  offset: Buffer,
  period: number,
): void {
  const units = sizeOf(step.node.shape);
  const { low, high } = step.clamp ?? UNCLAMPED;
  context.emit(
    entry("affine", step.node.name, Math.ceil(units / 1024), {
      x: context.value(step.inputs[0]),
      scale,
      offset,
      y: context.value(step.output),
      units,
      period,
      low: f32(low),
      high: f32(high),
    }),
  );
}
