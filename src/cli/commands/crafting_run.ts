import {
  type Compiled,
  foolingRate,
  InvalidArgumentError,
  UniversalAbortedError,
  type UniversalOptions,
  type UniversalResult,
  universalPerturbation,
} from "../../index.js";
import type { Console } from "../console.js";
import { CommandError, UsageError } from "../errors.js";
import { duration, pace, percent, plural } from "../format.js";

/** What crafting came to, whether it ran to its end or was interrupted. */
export interface Crafted extends UniversalResult {
  readonly interrupted: boolean;
  readonly seconds: number;
}

/**
 * Crafts, showing progress. When `options.signal` aborts it ends early, with the best perturbation so far.
 *
 * @throws CommandError if it is interrupted before there is any perturbation
 */
export async function runCrafting(
  engine: Compiled,
  images: Float32Array,
  options: UniversalOptions,
  console: Console,
): Promise<Crafted> {
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  try {
    const result = await universalPerturbation(engine, images, {
      ...options,
      onProgress: progressOf(console, seconds),
    });
    if (result.history.length > 0)
      notePass(console, result.history.length, result.history.at(-1)?.foolingRate, seconds());
    return { ...result, interrupted: false, seconds: seconds() };
  } catch (error) {
    // Options that do not go together, or not with this model.
    if (error instanceof InvalidArgumentError) throw new UsageError(error.message, { cause: error });
    if (!(error instanceof UniversalAbortedError)) throw error;
    const { result } = error;
    if (result.perturbation.every((v) => v === 0))
      throw new CommandError("interrupted before there was a perturbation; nothing was written");
    const rate =
      result.foolingRate ??
      (
        await foolingRate(engine, images, result.perturbation, {
          clip: result.clip,
          ...(result.target !== undefined && { target: result.target }),
        })
      ).rate;
    return { ...result, foolingRate: rate, interrupted: true, seconds: seconds() };
  }
}

/** Moves the bar through each pass, and notes a pass in a line once the next one shows what it came to. */
function progressOf(console: Console, seconds: () => number): UniversalOptions["onProgress"] {
  let noted = 0;
  return ({ pass, passes, image, images, updates, foolingRate: rate, runningRate }) => {
    if (pass > noted + 1) {
      notePass(console, pass - 1, rate, seconds());
      noted = pass - 1;
    }
    // Of all passes together, though fewer may do.
    const time = pace((pass - 1) * images + image, passes * images, seconds());
    // While a pass is under way, what it has seen so far says more than the end of the one before.
    const latest = runningRate ?? rate;
    const fooled =
      latest === undefined ? "" : `, fools ${runningRate === undefined ? "" : "about "}${percent(latest)}`;
    const detail = `${plural(updates, "update")}${fooled}, ${time}`;
    console.progress(`pass ${pass}/${passes}`, image, images, detail);
  };
}

function notePass(console: Console, pass: number, rate: number | undefined, seconds: number): void {
  console.note(`pass ${String(pass).padEnd(3)} fools ${percent(rate ?? 0)} after ${duration(seconds)}`);
}
