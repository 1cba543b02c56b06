import { type AnyOperator, type Clamp, UNCLAMPED } from "../node.js";
import { elementsOf, periodInFours } from "../scale/lower_webgpu.js";
import { dispatch, perUnit, type Tensor } from "../webgpu/dispatch.js";
import { type ForwardContext, type Lowering, NOTHING } from "../webgpu/lowering.js";
import { affineShader } from "./wgsl.js";

/** A Relu or Clip that no operator before it could take in; its mask is on the cotangent already. */
export const clampAlone: Lowering<AnyOperator> = {
  forward(step, context) {
    const [x, y] = [context.value(step.inputs[0]), context.value(step.output)];
    emitAffine(step.node.name, x, y, Float32Array.of(1), Float32Array.of(0), step.clamp, context);
    return NOTHING;
  },
  vjp(step, context) {
    if (context.varies(step.inputs[0])) context.pass(step.inputs[0]);
  },
};

/** `y = clamp(x * scale + offset)`; returns the factors on the device. */
export function emitAffine(
  label: string,
  x: Tensor,
  y: Tensor,
  scale: Float32Array,
  offset: Float32Array,
  clamp: Clamp | undefined,
  { emit, constant }: Pick<ForwardContext, "emit" | "constant">,
): Tensor {
  const factor = constant(`scale of ${label}`, periodInFours(scale, y.units));
  const { low, high } = clamp ?? UNCLAMPED;
  const { vector, units, period } = elementsOf(y, factor);
  emit(
    dispatch(
      label,
      affineShader({ vector }),
      { units, period, low, high },
      { x, scale: factor, offset: constant(`offset of ${label}`, periodInFours(offset, y.units)), y },
      perUnit(units),
    ),
  );
  return factor;
}
