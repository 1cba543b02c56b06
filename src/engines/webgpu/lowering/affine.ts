import { affineShader } from "../../../kernels/affine/wgsl.js";
import { scaleShader } from "../../../kernels/scale/wgsl.js";
import { MAP_INVOCATIONS } from "../../../kernels/webgpu/shader.js";
import type { Clamp } from "../../../network/fuse.js";
import type { Activation, BatchNormalization } from "../../../network/spec.js";
import { dispatch, type Groups, type Tensor } from "../dispatch.js";
import {
  type BackwardContext,
  type Destination,
  type ForwardContext,
  type Lowering,
  NOTHING,
} from "./lowering.js";

/** A batch normalisation that no convolution could take in: one factor and one offset a channel. */
export const batchNormalization: Lowering<BatchNormalization> = {
  forward(step, context) {
    const { node } = step;
    const deviation = Float64Array.from(node.variance, (v) => Math.sqrt(v + node.epsilon));
    const scale = Float32Array.from(node.scale, (s, c) => s / deviation[c]);
    const offset = Float32Array.from(node.bias, (b, c) => b - node.mean[c] * (node.scale[c] / deviation[c]));
    const [x, y] = [context.value(step.inputs[0]), context.value(step.output)];
    return { factor: emitAffine(node.name, x, y, scale, offset, step.clamp, context) };
  },
  vjp(step, context) {
    const [input] = step.inputs;
    if (!context.varies(input)) return;
    const { factor } = context.kept;
    emitScale(step.node.name, context.cotangent, factor, factor.units, context.into(input), context.emit);
  },
};

/** A Relu or Clip that no operator before it could take in; its mask is on the cotangent already. */
export const clamp: Lowering<Activation> = {
  forward(step, context) {
    const [x, y] = [context.value(step.inputs[0]), context.value(step.output)];
    emitAffine(step.node.name, x, y, Float32Array.of(1), Float32Array.of(0), step.clamp, context);
    return NOTHING;
  },
  vjp(step, context) {
    if (context.varies(step.inputs[0])) context.pass(step.inputs[0]);
  },
};

/** Dispatch of one invocation for each unit. */
export function perUnit(units: number): Groups {
  return { rows: units, tile: MAP_INVOCATIONS, times: 1 };
}

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
  const factor = constant(`scale of ${label}`, scale);
  const { low, high } = clamp ?? { low: -Infinity, high: Infinity };
  emit(
    dispatch(
      label,
      affineShader,
      { units: y.units, period: scale.length, low, high },
      { x, scale: factor, offset: constant(`offset of ${label}`, offset), y },
      perUnit(y.units),
    ),
  );
  return factor;
}

/** `x * factor[u mod period]` into a cotangent. */
export function emitScale(
  label: string,
  x: Tensor,
  factor: Tensor,
  period: number,
  { target: y, share, tensors, clamp }: Destination,
  emit: BackwardContext["emit"],
): void {
  const params = { units: y.units, period, ...clamp };
  emit(dispatch(label, scaleShader(share), params, { x, factor, y, ...tensors }, perUnit(y.units)));
}
