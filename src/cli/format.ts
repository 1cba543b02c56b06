import { short } from "../node/words.js";

export { percent, plural, short } from "../node/words.js";

/** A wall time for people: `0.8 s`, `42 s`, `3 min 20 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** How long work goes on, how long it will at this pace, and what the pace is: `12 s, about 30 s left, 45 images/s`. */
export function pace(done: number, total: number, seconds: number): string {
  if (done <= 0 || seconds <= 0) return duration(seconds);
  const left = (seconds * (total - done)) / done;
  const rate = done / seconds;
  return `${duration(seconds)}, about ${duration(left)} left, ${rate < 10 ? rate.toPrecision(2) : Math.round(rate)} images/s`;
}

/** A size in the pixel range as people write it: `10/255` where it is a whole number of 255ths, else a decimal. */
export function pixelSize(value: number, range: readonly [number, number]): string {
  const levels = (255 * value) / (range[1] - range[0]);
  const whole = Math.round(levels);
  const isByteRange = range[1] - range[0] === 255;
  return !isByteRange && whole > 0 && Math.abs(levels - whole) < 1e-4 ? `${whole}/255` : short(value);
}

/** The bound of a perturbation: `linf 10/255`, but `l2 0.566`, as a length is no number of grey levels. */
export function ballText(norm: number, radius: number, range: readonly [number, number]): string {
  return `${normName(norm)} ${norm === Infinity ? pixelSize(radius, range) : short(radius)}`;
}

/** The name of a norm: `l2` or `linf`. */
export function normName(norm: number): string {
  return norm === Infinity ? "linf" : `l${norm}`;
}

/** A norm as JSON can hold it: 2 or "inf". */
export function normValue(norm: number): number | string {
  return norm === Infinity ? "inf" : norm;
}
