import { computed, signal } from "@preact/signals";
import type { CraftOptions, CraftResult, Progress, RatePoint } from "../worker/protocol.js";
import type { Settings } from "./settings.js";

/** Seconds. */
const FIRST_MOMENT = 0.2;
const MOST_MOMENTS = 8;

export const runState = signal<"idle" | "running" | "paused" | "done">("idle");
/** What the run was begun with, whatever is chosen since. */
export const ran = signal<
  | {
      readonly settings: Settings;
      readonly options: CraftOptions;
      /** Name of the class that images shall be taken for; undefined: any other than their own. */
      readonly targetName?: string;
    }
  | undefined
>(undefined);
/** What the images of the run were for. */
export const usedAs = computed(() => (ran.value?.options.dataFree ? "measured on" : "crafted on"));
export const progress = signal<Progress | undefined>(undefined);
/** v at a few moments, each after twice the time of the one before. */
export const moments = signal<readonly { readonly picture: ImageData; readonly seconds: number }[]>([]);
export const points = signal<readonly RatePoint[]>([]);
export const baseline = signal<RatePoint | undefined>(undefined);
export const result = signal<CraftResult | undefined>(undefined);

/** Takes in how far a run has come. */
export function follow(now: Progress): void {
  progress.value = now;
  const last = moments.value.at(-1)?.seconds ?? FIRST_MOMENT / 2;
  if (now.elapsed < 2 * last || moments.value.length === MOST_MOMENTS) return;
  moments.value = [...moments.value, { picture: now.picture, seconds: now.elapsed }];
}

/** Nothing has run yet. */
export function forget(): void {
  ran.value = undefined;
  progress.value = undefined;
  result.value = undefined;
  baseline.value = undefined;
  points.value = [];
  moments.value = [];
}

/** What went wrong while crafting or saving. */
export const failure = signal<string | undefined>(undefined);
