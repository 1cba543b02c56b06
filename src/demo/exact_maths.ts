/**
 * Sine and cosine from additions and multiplications only. IEEE 754 fixes those to the last bit, whereas
 * `Math.sin` may differ between JavaScript engines and would make the drawn bytes depend on the machine.
 * (`Math.sqrt` and `Math.floor` are exact everywhere; `Math.hypot`, `Math.pow` and `Math.exp` are not.)
 */

const TURN = 6.283185307179586;

/** sin(x), error below 1e-8 for |x| < 1e4. */
export function sin(x: number): number {
  let r = x - TURN * Math.floor(x / TURN + 0.5); // [-pi, pi]
  if (r > TURN / 4) r = TURN / 2 - r;
  else if (r < -TURN / 4) r = -TURN / 2 - r;
  const s = r * r;
  return (
    r * (1 - (s / 6) * (1 - (s / 20) * (1 - (s / 42) * (1 - (s / 72) * (1 - (s / 110) * (1 - s / 156))))))
  );
}

/** cos(x), error below 1e-8 for |x| < 1e4. */
export function cos(x: number): number {
  return sin(x + TURN / 4);
}

export function length(x: number, y: number): number {
  return Math.sqrt(x * x + y * y);
}

export function clamp(x: number, low: number, high: number): number {
  return x < low ? low : Math.min(x, high);
}

/** 0 below `from`, 1 above `to`, a cubic between. */
export function smoothstep(from: number, to: number, x: number): number {
  const t = clamp((x - from) / (to - from), 0, 1);
  return t * t * (3 - 2 * t);
}
