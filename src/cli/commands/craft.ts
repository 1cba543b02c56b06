import { encodeNpy } from "../../images.js";
import { foolingRate, type UniversalOptions } from "../../index.js";
import { loadSharp } from "../../node/sharp.js";
import { drawBeforeAfter, drawPerturbation, readPerturbation } from "../../node.js";
import type { Console } from "../console.js";
import { UsageError } from "../errors.js";
import { ballText, duration, normValue, percent, plural } from "../format.js";
import { checkPresent, classNames, findSources, type ImageOptions, inputOf, openEngine } from "../inputs.js";
import { watchInterrupt } from "../interrupt.js";
import { checkWritable } from "../output/folders.js";
import { writeStaged } from "../output/staged_files.js";
import type { Report } from "../report.js";
import { runCrafting } from "./crafting_run.js";
import { type CraftingSets, isHoldoutCount, openCraftingSets } from "./crafting_sets.js";
import { describeEngine, threadsOf } from "./describe_engine.js";

type Tuning = Pick<
  UniversalOptions,
  "norm" | "radius" | "delta" | "passes" | "classes" | "steps" | "overshoot" | "profile" | "seed" | "clip"
>;

export interface CraftOptions extends ImageOptions, Tuning {
  /** How many of the images to keep apart, or another set. */
  readonly holdout?: string;
  /** .npy file to start from. */
  readonly perturbation?: string;
  readonly out?: string;
}

/** The demo ends within a minute on a laptop; more passes gain little. */
const DEMO_PASSES = 5;

/** `unifool craft`: one perturbation for many images, with pictures of it and a report. */
export async function craft(options: CraftOptions, console: Console): Promise<Report> {
  const { out = "unifool-out", seed = 0, clip = false } = options;
  if (options.steps !== undefined && options.steps < 3)
    throw new UsageError(`--steps is ${options.steps}, expected a whole number of at least 3 when crafting`);
  const sources = await findSources(options);
  const { holdout: apart = "0", perturbation } = options;
  await checkPresent(sources.images, perturbation, isHoldoutCount(apart) ? undefined : apart);
  await checkWritable(out);
  await loadSharp("craft", "drawing the pictures");
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
      options.limit,
      engine,
    );
    console.note(describeSets(sets));
    const initial = options.perturbation ? await readPerturbation(options.perturbation, engine) : undefined;

    const {
      norm,
      radius,
      delta,
      passes = options.demo ? DEMO_PASSES : undefined,
      classes,
      steps,
      overshoot,
      profile,
    } = options;
    const tuning = {
      norm,
      radius,
      delta,
      passes,
      classes,
      steps,
      overshoot,
      profile,
      seed,
      clip,
      initial,
      signal: interrupt.signal,
    };
    const crafted = await runCrafting(engine, sets.crafting.images, defined(tuning), console);

    const measured = sets.holdout ?? sets.crafting;
    const predictions = await foolingRate(engine, measured.images, crafted.perturbation, { clip });
    const holdout = sets.holdout ? { images: sets.holdout.count, foolingRate: predictions.rate } : null;
    const result = {
      command: "craft",
      model: sources.modelName,
      backend: engine.backend,
      threads: threadsOf(engine),
      weights: engine.weights,
      norm: normValue(crafted.norm),
      radius: crafted.radius,
      images: sets.crafting.count,
      seed,
      passes: crafted.history,
      foolingRate: crafted.foolingRate,
      holdout,
      seconds: crafted.seconds,
      clip,
      input: inputOf(sources, engine),
      options: defined({ delta, passes, classes, steps, overshoot, profile }),
      interrupted: crafted.interrupted,
    };

    const ball = ballText(crafted.norm, crafted.radius, engine.range);
    const about = [
      options.demo ? sources.modelName : (engine.network?.name ?? sources.modelName),
      `${ball} in ${engine.range.join("..")}`,
      `seed ${seed}`,
    ];
    const files = await writeStaged(out, {
      "perturbation.npy": () => encodeNpy(crafted.perturbation, engine.inputShape),
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
      "report.json": (paths) => Buffer.from(`${JSON.stringify({ ...result, files: paths }, null, 2)}\n`),
    });
    console.print(titleOf(crafted.foolingRate, sets, predictions.rate));
    console.print(
      `${ball}, ${plural(crafted.history.length, "finished pass", "finished passes")}, ${duration(crafted.seconds)}`,
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

/** Without the keys that are undefined: the API has its own defaults. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
