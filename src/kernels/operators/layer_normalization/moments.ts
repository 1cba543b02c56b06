/** A row's values less their mean, times `rate`, is what it is normalised to. */
export interface Moments {
  readonly mean: number;
  readonly variance: number;
  readonly rate: number;
}

export function momentsOf(x: Float64Array, begin: number, end: number, epsilon: number): Moments {
  const depth = end - begin;
  let mean = 0;
  for (let i = begin; i < end; i++) mean += x[i] / depth;
  let variance = 0;
  for (let i = begin; i < end; i++) variance += (x[i] - mean) ** 2 / depth;
  return { mean, variance, rate: 1 / Math.sqrt(variance + epsilon) };
}
