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
    emitScale(step.node.name, context.cotangent, factor, context.into(input), context.emit);
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
  const factor = constant(`scale of ${label}`, periodInFours(scale, y.units));
  const { low, high } = clamp ?? { low: -Infinity, high: Infinity };
  const { vector, units, period } = elements(y, factor);
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

/** `x * factor[u mod period]` into a cotangent, `factor` in fours where the units are ({@link periodInFours}). */
export function emitScale(
  label: string,
  x: Tensor,
  factor: Tensor,
  { target: y, share, tensors, clamp }: Destination,
  emit: BackwardContext["emit"],
): void {
  const { vector, units, period } = elements(y, factor);
  const shader = scaleShader({ vector, share });
  emit(dispatch(label, shader, { units, period, ...clamp }, { x, factor, y, ...tensors }, perUnit(units)));
}

/** Values of a period repeated until it is one of fours, if the units that they go with are a multiple of four. */
export function periodInFours(values: Float32Array, units: number): Float32Array {
  const times = [1, 2, 4].find((n) => (n * values.length) % 4 === 0) as number;
  if (units % 4 !== 0 || times === 1) return values;
  return Float32Array.from({ length: times * values.length }, (_, i) => values[i % values.length]);
}

function elements({ units }: Tensor, { units: period }: Tensor) {
  const vector = units % 4 === 0 && period % 4 === 0;
  return { vector, units: vector ? units / 4 : units, period: vector ? period / 4 : period };
}
