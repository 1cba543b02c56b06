import { computed } from "@preact/signals";
import type { CraftOptions, Look } from "../worker/protocol.js";
import { failure, forget, ran, result, runState } from "./run_state.js";
import { images, model, radius, request, shown, worker } from "./session.js";
import { settings } from "./settings.js";
import { classNames, dataFree, target, tile } from "./steps.js";
import { words } from "./words.js";

export const isReady = computed(() => model.value.state === "ready" && images.value.state === "ready");
export const isBusy = computed(() => runState.value === "running" || runState.value === "paused");

/** What `universalPerturbation` is handed. */
export const craftOptions = computed((): CraftOptions => {
  const { method, norm, passes, target: percent, seed, clip } = settings.value;
  return {
    method,
    norm: norm === "inf" ? Infinity : 2,
    radius: radius.value,
    ...(passes > 0 && { passes }),
    ...(dataFree.value && { dataFree: true }),
    // Without data the rate must not decide when to stop; where all are fooled v may still get better for others.
    ...(!dataFree.value && (percent < 100 || method === "deepfool") && { delta: 1 - percent / 100 }),
    seed,
    clip,
    ...(target.value !== undefined && { target: target.value }),
    ...(tile.value > 1 && { tile: tile.value }),
  };
});

/** Crafts a perturbation with the settings as they are. */
export async function craft(): Promise<void> {
  failure.value = undefined;
  forget();
  if (shown.value) shown.value = withoutV(shown.value);
  const options = craftOptions.value;
  const targetName = options.target === undefined ? undefined : classNames.value[options.target];
  ran.value = { settings: settings.value, options, targetName };
  runState.value = "running";
  try {
    result.value = await worker.ask("craft", options);
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
