import type { Case, Result } from "../case.js";

/** How a result compares with what it should be. Only a result that passes is timed. */
export interface Check {
  readonly passed: boolean;
  /** What it was compared with, and how much of it. */
  readonly against: string;
  /** The largest error found and how much is allowed, in `unit`. */
  readonly error: number;
  readonly allowed: number;
  readonly unit: string;
}

/** Computes a variation of the case: another batch, other images. */
export type Again = (variation: Pick<Case, "batch" | "first">) => Promise<Result | undefined>;

/** A NaN never passes. */
export function verdict(against: string, error: number, allowed: number, unit: string): Check {
  return { passed: error <= allowed, against, error, allowed, unit };
}

/** ||a - b|| / ||b||; NaN for nothing, for lengths that differ, and against zeros. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (b.length === 0 || a.length !== b.length) return Number.NaN;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}
