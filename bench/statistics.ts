/** What is said of a set of timings. All in milliseconds a call. */
export interface Spread {
  readonly median: number;
  readonly p25: number;
  readonly p75: number;
  readonly min: number;
  readonly samples: number;
}

/**
 * Order statistics, linearly interpolated between neighbours.
 *
 * @param samples at least one
 */
export function spreadOf(samples: readonly number[]): Spread {
  if (samples.length === 0) throw new Error("spreadOf: no samples, expected at least one");
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const low = Math.floor(place);
    const high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
  };
  return { median: at(0.5), p25: at(0.25), p75: at(0.75), min: sorted[0], samples: sorted.length };
}
