import type { Point } from "./contenders.js";

/** Held-out fooling rates. */
export const LEVELS = [0.7, 0.8, 0.85, 0.88] as const;

/** Seconds after which a contender's run first had a rate, the median over seeds; undefined: half of them or more never had. */
export function timeTo(points: readonly Point[], contender: string, level: number): number | undefined {
  const own = points.filter((point) => point.contender === contender);
  const seeds = [...new Set(own.map(({ seed }) => seed))];
  const times = seeds
    .map((seed) =>
      Math.min(...own.filter((p) => p.seed === seed && p.heldOut >= level).map(({ seconds }) => seconds)),
    )
    .sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  return median !== undefined && Number.isFinite(median) ? median : undefined;
}
