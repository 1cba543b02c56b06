import { computed } from "@preact/signals";
import type { CraftOptions, Look } from "../worker/protocol.js";
import { failure, forget, result, runState } from "./run_state.js";
import { images, model, radius, request, shown, worker } from "./session.js";
import { settings } from "./settings.js";
import { words } from "./words.js";

export const isReady = computed(() => model.value.state === "ready" && images.value.state === "ready");
export const isBusy = computed(() => runState.value === "running" || runState.value === "paused");

/** What `universalPerturbation` is handed. */
export const craftOptions = computed((): CraftOptions => {
  const { method, norm, passes, target, seed, clip } = settings.value;
  return {
    method,
    norm: norm === "inf" ? Infinity : 2,
    radius: radius.value,
    passes,
    delta: 1 - target / 100,
    seed,
    clip,
  };
});

/** Crafts a perturbation with the settings as they are. */
export async function craft(): Promise<void> {
  failure.value = undefined;
  forget();
  if (shown.value) shown.value = withoutV(shown.value);
  runState.value = "running";
  try {
    result.value = await worker.ask("craft", craftOptions.value);
    request.value = { ...request.value, strength: 1 };
    runState.value = "done";
  } catch (error) {
    const aborted = error instanceof Error && error.name === "AbortError";
    failure.value = aborted ? "Cancelled before there was a perturbation." : words(error);
    forget();
    runState.value = "idle";
  }
}

/** What an earlier v did is of the past. */
function withoutV({ images, cards }: Look): Look {
  return {
    images,
    cards: cards.map(({ index, clean, before }) => ({ index, clean, before, fooled: false })),
  };
}

export function pause(): void {
  runState.value = "paused";
  void worker.ask("pause");
}

export function resume(): void {
  runState.value = "running";
  void worker.ask("resume");
}

/** Ends the run; the best perturbation so far stays. */
export function cancel(): void {
  void worker.ask("cancel");
}
