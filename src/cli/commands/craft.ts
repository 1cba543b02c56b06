import { encodeNpy } from "../../images.js";
import { type Backend, foolingRate } from "../../index.js";
import { findSharp, INSTALL_SHARP } from "../../node/sharp.js";
import { drawBeforeAfter, drawPerturbation, readPerturbation } from "../../node.js";
import type { Console } from "../console.js";
import { UsageError } from "../errors.js";
import { ballText, duration, normValue, percent, plural } from "../format.js";
import { checkPresent, classNames, findSources, inputOf, openEngine, skippedOf } from "../inputs.js";
import { watchInterrupt } from "../interrupt.js";
import { chooseOut } from "../output/folders.js";
import { writeOrRescue } from "../output/rescue.js";
import type { FileMaker } from "../output/staged_files.js";
import { packageVersion } from "../package_root.js";
import { provenanceOf } from "../provenance.js";
import type { Report } from "../report.js";
import type { CraftOptions } from "./craft_options.js";
import { checkCraftedRange } from "./crafted_range.js";
import { runCrafting } from "./crafting_run.js";
import { type CraftingSets, isHoldoutCount, openCraftingSets } from "./crafting_sets.js";
import { describeEngine, threadsOf } from "./describe_engine.js";
import { differences, readRepeatable, repeatableOptions } from "./repeat.js";

/** Grey levels of a picture file. */
const LEVELS = 256;

/** The demo ends within a minute on a laptop; more passes gain little. */
const DEMO_PASSES = 5;

/** `unifool craft`: one perturbation for many images, with pictures of it and a report. */
export async function craft(given: CraftOptions, console: Console): Promise<Report> {
  const begin = new Date();
  const repeated = given.repeat === undefined ? undefined : await readRepeatable(given.repeat);
  const options: CraftOptions = { ...repeated?.options, ...given };
  const { seed = 0, clip = false } = options;
  if (options.steps !== undefined && options.steps < 3)
    throw new UsageError(`--steps is ${options.steps}, expected a whole number of at least 3 when crafting`);
  const sources = findSources(options);
  const { holdout: apart = "0", perturbation } = options;
  await checkPresent(sources.images, perturbation, isHoldoutCount(apart) ? undefined : apart);
  const out = await chooseOut(options, "unifool-out");
  const draws = (await findSharp()) !== undefined;
  if (!draws)
    console.note(
      `the pictures are left out: they need the npm package sharp, expected it beside unifool (${INSTALL_SHARP})`,
    );
  const engine = await openEngine(sources, options, console);
  const interrupt = watchInterrupt(() =>
    console.note(
      "stopping: measuring and saving the best perturbation so far (Ctrl-C again: quit without it)",
    ),
  );
  try {
    console.note(describeEngine(sources.modelName, engine));
    const sets = await openCraftingSets(
      sources.images,
      options.holdout ?? sources.holdout,
      options,
      engine,
      console,
    );
    console.note(describeSets(sets));
    if (options.perturbation) await checkCraftedRange(options.perturbation, engine);
    const initial = options.perturbation ? await readPerturbation(options.perturbation, engine) : undefined;

    const { norm, radius, delta, passes = options.demo ? DEMO_PASSES : undefined } = options;
    const { method, target, shift, flip } = options;
    const of = {
      ...{ delta, passes },
      ...pick(options, ["classes", "steps", "overshoot", "profile"]),
      ...pick(options, ["target", "tile", "batch", "stepSize", "beta", "momentum"]),
      ...pick(options, ["innerBatch", "innerPasses", "starts", "weighting", "dataFree"]),
      ...((shift !== undefined || flip !== undefined) && { augment: defined({ shift, flip }) }),
    };
    const tuning = { ...of, method, norm, radius, seed, clip, initial, signal: interrupt.signal };
    const crafted = await runCrafting(engine, sets.crafting.images, defined(tuning), console);

    const measured = sets.holdout ?? sets.crafting;
    const predictions = await foolingRate(engine, measured.images, crafted.perturbation, {
      ...(target !== undefined && { target }),
      clip,
      levels: LEVELS,
      baseline: { norm: crafted.norm, seed },
      onProgress: (done, total) => console.progress("measure", done, total),
    });
    console.endProgress();
    const { rate, interval, counted, rounded, baseline } = predictions;
    const holdout = sets.holdout
      ? { images: sets.holdout.count, foolingRate: rate, counted, interval }
      : null;
    const run = await provenanceOf(sources.model, sources.images, begin);
    const warnings = [...crafted.warnings, ...(repeated ? differences(repeated, run, engine.variant) : [])];
    for (const warning of warnings) console.note(`warning: ${warning}`);
    const result = {
      command: "craft",
      version: packageVersion(),
      method: crafted.method,
      model: sources.modelName,
      backend: engine.backend,
      threads: threadsOf(engine),
      variant: engine.variant,
      weights: engine.weights,
      deterministic: options.deterministic ?? false,
      norm: normValue(crafted.norm),
      radius: crafted.radius,
      images: sets.crafting.count,
      ...skippedOf(sets.crafting, sets.holdout),
      seed,
      passes: crafted.history,
      foolingRate: crafted.foolingRate,
      holdout,
      // On the images held out, if any: v in a picture of 8 bits, and random signs of its size.
      labels: "predictions on the clean images",
      rounded: { levels: LEVELS, foolingRate: rounded?.rate, interval: rounded?.interval },
      baseline: { kind: "random signs", foolingRate: baseline?.rate, interval: baseline?.interval },
      warnings,
      seconds: crafted.seconds,
      clip,
      input: inputOf(sources, engine),
      options: defined(of),
      interrupted: crafted.interrupted,
      run,
      // What was left to defaults as it turned out; of an interrupted run the passes that were finished.
      repeat: repeatableOptions({
        ...options,
        ...{ method: crafted.method, norm: crafted.norm, radius: crafted.radius, seed },
        ...{
          backend: engine.backend as Backend,
          passes: crafted.interrupted ? Math.max(1, crafted.history.length) : passes,
        },
      }),
    };

    const ball = ballText(crafted.norm, crafted.radius, engine.range);
    const about = [
      options.demo ? sources.modelName : (engine.network?.name ?? sources.modelName),
      `${ball} in ${engine.range.join("..")}`,
      `seed ${seed}`,
    ];
    const pictures: Record<string, FileMaker> = {
      "perturbation.png": () =>
        drawPerturbation(
          crafted.perturbation,
          { inputShape: sets.crafting.shape, range: engine.range },
          { about: ball },
        ),
      "before-after.png": () =>
        drawBeforeAfter(engine, measured.images, crafted.perturbation, {
          title: titleOf(crafted.foolingRate, sets, predictions.rate),
          subtitle: about.join(", "),
          clip,
          classNames: classNames(engine, measured),
          shape: measured.shape,
          predictions,
        }),
    };
    const files = await writeOrRescue(
      out,
      {
        "perturbation.npy": () => encodeNpy(crafted.perturbation, engine.inputShape),
        ...(draws && pictures),
        "report.json": (paths) => Buffer.from(`${JSON.stringify({ ...result, files: paths }, null, 2)}\n`),
      },
      ["perturbation.npy", "report.json"],
    );
    console.print(titleOf(crafted.foolingRate, sets, predictions.rate));
    console.print(
      `${ball}, ${plural(crafted.history.length, "finished pass", "finished passes")}, ${duration(crafted.seconds)}`,
    );
    console.print(
      `in 8 bits ${percent(rounded?.rate ?? 0)}, random signs of the same size ${percent(baseline?.rate ?? 0)}`,
    );
    console.print(`wrote ${files.join(", ")}`);
    return { ...result, files };
  } finally {
    interrupt.stop();
    engine.dispose();
  }
}

function describeSets({ crafting, holdout }: CraftingSets): string {
  const apart = holdout ? `, ${holdout.count} held out` : "";
  return `images   ${crafting.count} to craft on${apart}`;
}

function titleOf(rate: number, { crafting, holdout }: CraftingSets, heldOutRate: number): string {
  const main = `One perturbation fools ${percent(rate)} of ${plural(crafting.count, "image")}`;
  return holdout ? `${main}, and ${percent(heldOutRate)} of ${holdout.count} held out` : main;
}

function pick<T extends object, K extends keyof T>(options: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, options[key]])) as Pick<T, K>;
}

/** Without the keys that are undefined: the API has its own defaults. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
