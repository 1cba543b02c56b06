import { dispatch, perUnit, type Tensor } from "../webgpu/dispatch.js";
import type { BackwardContext, Destination } from "../webgpu/lowering.js";
import { scaleShader } from "./wgsl.js";

/** `x * factor[u mod period]` into a cotangent, `factor` in fours where the units are ({@link periodInFours}). */
export function emitScale(
  label: string,
  x: Tensor,
  factor: Tensor,
  { target: y, share, tensors, clamp }: Destination,
  emit: BackwardContext["emit"],
): void {
  const { vector, units, period } = elementsOf(y, factor);
  const shader = scaleShader({ vector, share });
  emit(dispatch(label, shader, { units, period, ...clamp }, { x, factor, y, ...tensors }, perUnit(units)));
}

/** Values of a period repeated until it is one of fours, if the units that they go with are a multiple of four. */
export function periodInFours(values: Float32Array, units: number): Float32Array {
  const times = [1, 2, 4].find((n) => (n * values.length) % 4 === 0) as number;
  if (units % 4 !== 0 || times === 1) return values;
  return Float32Array.from({ length: times * values.length }, (_, i) => values[i % values.length]);
}

/** Units and period of a repeated factor in the elements that a kernel takes them in. */
export function elementsOf({ units }: Tensor, { units: period }: Tensor) {
  const vector = units % 4 === 0 && period % 4 === 0;
  return { vector, units: vector ? units / 4 : units, period: vector ? period / 4 : period };
}
