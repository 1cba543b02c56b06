import type { Pow } from "./spec.js";

/** `(-1)^exponent`, what a power of -|x| is times that of |x|; NaN where the exponent is no integer. */
export function signOfPower({ exponent }: Pow): number {
  if (!Number.isInteger(Math.fround(exponent))) return Number.NaN;
  return exponent % 2 === 0 ? 1 : -1;
}
