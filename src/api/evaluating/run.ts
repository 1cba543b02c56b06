import type { Engine } from "../../engines/engine.js";
import type { Pixels } from "../../engines/pixels.js";
import { InvalidArgumentError } from "../../errors.js";
import { sizeOf } from "../../network/spec.js";
import { imagesIn } from "../images.js";
import { checkCallback, checkEngine, checkSignal, flag, integer, oneOf, optionsObject } from "../options.js";
import { predict } from "../predict.js";
import { randomSource } from "../random.js";
import { wilsonInterval } from "../wilson.js";
import { checkPerturbation, fooledShare } from "./fooled_share.js";
import type { FoolingRate, FoolingRateOptions, Rate } from "./options.js";

/** What `foolingRate` does. */
export async function foolingRate(
  engine: Engine,
  pixels: Pixels,
  perturbation: Float32Array,
  options?: FoolingRateOptions,
): Promise<FoolingRate> {
  const { images, settings } = checked(engine, pixels, perturbation, options);
  const { batch, signal, onProgress, ...given } = settings;
  const { target, levels, baseline } = given;
  const bounds = given.clip ? engine.range : undefined;
  const passes = [given.labels === undefined, true, levels !== undefined, baseline !== undefined];
  const total = passes.filter(Boolean).length;
  let begun = 0;
  const judge = (settings: Parameters<typeof predict>[3]): Promise<Int32Array> => {
    const before = begun++;
    const report = (done: number, all: number) => onProgress?.(done + all * before, all * total);
    return predict(CALLER, engine, images, { ...settings, batch, signal, onProgress: report });
  };
  const labels = given.labels ?? (await judge({}));
  const counted = labels.reduce((sum, label) => sum + Number(label !== target), 0);
  if (counted === 0)
    throw new InvalidArgumentError(
      `${CALLER}: target is ${target}, the prediction at every image, expected another class`,
    );
  const rateOf = (found: Int32Array): Rate => {
    const rate = fooledShare(labels, found, target);
    return { rate, interval: wilsonInterval(Math.round(rate * counted), counted) };
  };
  const newLabels = await judge({ shift: { perturbation, bounds } });
  const rounded =
    levels === undefined
      ? undefined
      : rateOf(
          await judge({
            shift: { perturbation, bounds: engine.range },
            finish: roundingTo(levels, engine.range),
          }),
        );
  const signs = baseline && randomSigns(perturbation, baseline.norm ?? Infinity, baseline.seed ?? 0);
  const random = signs && rateOf(await judge({ shift: { perturbation: signs, bounds } }));
  return {
    ...rateOf(newLabels),
    ...{ counted, labels, newLabels },
    ...(rounded && { rounded }),
    ...(random && { baseline: random }),
  };
}

const CALLER = "foolingRate";

function checked(
  engine: Engine,
  pixels: Pixels,
  perturbation: Float32Array,
  options: FoolingRateOptions | undefined,
): { readonly images: Float32Array; readonly settings: FoolingRateOptions } {
  const given = optionsObject(CALLER, options, [
    ...(["clip", "target", "levels", "baseline", "labels", "batch", "signal", "onProgress"] as const),
  ]);
  const { clip = false, target, levels, baseline, labels, batch } = given;
  checkEngine(CALLER, engine);
  checkSignal(CALLER, given.signal);
  checkCallback(CALLER, "onProgress", given.onProgress);
  const images = imagesIn(CALLER, pixels, engine);
  const count = images.length / sizeOf(engine.inputShape);
  checkPerturbation(CALLER, perturbation, engine);
  flag(CALLER, "clip", clip);
  if (target !== undefined) integer(CALLER, "target", target, 0, engine.classes - 1);
  if (levels !== undefined) integer(CALLER, "levels", levels, 2, 2 ** 24);
  const { norm = Infinity, seed = 0 } = optionsObject(CALLER, baseline, ["norm", "seed"]);
  oneOf(CALLER, "baseline.norm", norm, [2, Infinity]);
  integer(CALLER, "baseline.seed", seed, 0, Number.MAX_SAFE_INTEGER);
  if (batch !== undefined) integer(CALLER, "batch", batch, 1);
  if (labels !== undefined && (!(labels instanceof Int32Array) || labels.length !== count))
    throw new InvalidArgumentError(
      `${CALLER}: labels has ${(labels as Int32Array | null)?.length ?? "no"} values, expected an Int32Array of ${count}, one an image`,
    );
  return { images, settings: given };
}

/** Rounds pixels, in the range already, to the nearest of so many levels, in place. */
function roundingTo(levels: number, [low, high]: readonly [number, number]): (pixels: Float32Array) => void {
  const step = (high - low) / (levels - 1);
  return (pixels) => {
    for (let i = 0; i < pixels.length; i++) pixels[i] = low + Math.round((pixels[i] - low) / step) * step;
  };
}

/** A perturbation of random signs with the norm of another. */
function randomSigns(v: Float32Array, norm: 2 | typeof Infinity, seed: number): Float32Array {
  const random = randomSource(seed);
  const size =
    norm === Infinity
      ? v.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
      : Math.sqrt(v.reduce((sum, x) => sum + x * x, 0) / v.length);
  return v.map(() => (random() >= 2 ** 31 ? size : -size));
}
