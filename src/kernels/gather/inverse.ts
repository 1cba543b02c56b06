/** For each of `units` units the place where `index` takes it to; -1: nowhere. */
export function inverseOf(index: Int32Array, units: number): Int32Array {
  const inverse = new Int32Array(units).fill(-1);
  index.forEach((from, to) => {
    inverse[from] = to;
  });
  return inverse;
}
