import { signal } from "@preact/signals";
import type { CraftResult, Progress, RatePoint } from "../worker/protocol.js";

export const runState = signal<"idle" | "running" | "paused" | "done">("idle");
export const progress = signal<Progress | undefined>(undefined);
export const points = signal<readonly RatePoint[]>([]);
export const baseline = signal<RatePoint | undefined>(undefined);
export const result = signal<CraftResult | undefined>(undefined);
/** What went wrong while crafting or saving. */
export const failure = signal<string | undefined>(undefined);
