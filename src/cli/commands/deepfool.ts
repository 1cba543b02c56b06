import { join } from "node:path";
import { encodeNpy } from "../../images.js";
import {
  type DeepfoolOptions,
  type DeepfoolResult,
  deepfool,
  InvalidArgumentError,
  type MinimalMethod,
  type MinimalResult,
  minimalPerturbation,
  type Shape,
  sizeOf,
} from "../../index.js";
import type { Console } from "../console.js";
import { CommandError, UsageError } from "../errors.js";
import { duration, normName, normValue, plural, short } from "../format.js";
import {
  checkPresent,
  classNames,
  findSources,
  type ImageOptions,
  inputOf,
  openEngine,
  openImages,
  skippedOf,
} from "../inputs.js";
import { watchInterrupt } from "../interrupt.js";
import { chooseOut, type OutOptions } from "../output/folders.js";
import { writeOrRescue } from "../output/rescue.js";
import { checkSavable, savedPictures } from "../output/saved_pictures.js";
import { provenanceOf } from "../provenance.js";
import type { Report } from "../report.js";
import { describeEngine, threadsOf } from "./describe_engine.js";
import { imageResults, lengthOf, printResults } from "./image_results.js";
import { judgeSaved } from "./judge_saved.js";

/** Grey levels of a picture file. */
const LEVELS = 256;

export interface DeepfoolCommandOptions
  extends ImageOptions,
    OutOptions,
    Pick<DeepfoolOptions, "norm" | "classes" | "steps" | "overshoot" | "profile"> {
  readonly method?: MinimalMethod;
  readonly clip?: boolean;
  /** Write the perturbed images too, as PNG files. */
  readonly saveImages?: boolean;
}

/** `unifool deepfool`: the smallest perturbation of each image, and how robust the model is by that measure. */
export async function deepfoolCommand(options: DeepfoolCommandOptions, console: Console): Promise<Report> {
  const began = new Date();
  const { norm = 2, method = "deepfool", classes, steps, overshoot, clip, out, saveImages = false } = options;
  if (saveImages && out === undefined)
    throw new UsageError("--save-images is given without --out, expected the folder for the pictures");
  if (options.profile !== undefined && method !== "deepfool")
    throw new UsageError(`--profile is given with --method ${method}, expected --method deepfool`);
  const { profile = "lts4" } = options;
  const sources = findSources(options);
  await checkPresent(sources.images);
  if (out !== undefined) await chooseOut(options, out);
  const engine = await openEngine(sources, options, console);
  const interrupt = watchInterrupt(() => console.note("stopping"));
  try {
    console.note(describeEngine(sources.modelName, engine));
    const set = await openImages(sources.images, engine, options, console);
    if (saveImages) await checkSavable("--save-images", set.shape);
    const begin = performance.now();
    const tuning = {
      ...(classes !== undefined && { classes }),
      ...(steps !== undefined && { steps }),
      ...(overshoot !== undefined && { overshoot }),
    };
    const common = {
      ...{ norm, ...tuning, signal: interrupt.signal },
      onProgress: (done: number, total: number) => console.progress(method, done, total),
    };
    const found =
      method === "deepfool"
        ? await deepfool(engine, set.images, { ...common, profile, ...(clip && { bounds: engine.range }) })
        : await minimalPerturbation(engine, set.images, {
            ...{ ...common, method },
            bounds: clip ? engine.range : [-Infinity, Infinity],
            ...(saveImages && { levels: LEVELS }),
          });
    const seconds = (performance.now() - begin) / 1000;
    const means = measure(set.images, found, engine.inputShape);
    const saved = saveImages ? savedPictures(found.adversarial, set, engine.range) : undefined;
    const judged = saved && (await judgeSaved(engine, saved.images, found.labels, console));
    const names = classNames(engine, set);
    const results = imageResults(set, found, { norm, names, saved: judged?.labels });
    const result = {
      command: "deepfool",
      model: sources.modelName,
      backend: engine.backend,
      threads: threadsOf(engine),
      variant: engine.variant,
      weights: engine.weights,
      deterministic: options.deterministic ?? false,
      images: set.count,
      ...skippedOf(set),
      norm: normValue(norm),
      method,
      ...("alignment" in found ? summary(found) : { profile }),
      clip: clip ?? false,
      input: inputOf(sources, engine),
      options: tuning,
      ...means,
      ...(judged && { fooledAsSaved: judged.fooled }),
      seconds,
      run: await provenanceOf(sources.model, sources.images, began),
      results,
    };
    const written =
      out === undefined
        ? undefined
        : await writeOrRescue(
            out,
            {
              "perturbations.npy": () => encodeNpy(found.perturbation, [set.count, ...engine.inputShape]),
              ...Object.fromEntries(
                Object.entries(saved?.files ?? {}).map(([name, make]) => [`images/${name}`, make]),
              ),
              "report.json": (paths) =>
                Buffer.from(`${JSON.stringify({ ...result, files: paths }, null, 2)}\n`),
            },
            ["perturbations.npy", "report.json"],
          );
    printResults(results, norm, console);
    console.print(`fooled ${means.succeeded} of ${plural(set.count, "image")} in ${duration(seconds)}`);
    console.print(
      `mean ${normName(2)} ${short(means.meanL2)}, ${normName(Infinity)} ${short(means.meanLinf)}, ` +
        `${short(means.meanIterations)} iterations, robustness (mean ||r||/||x||) ${means.robustness === null ? "undefined" : short(means.robustness)}`,
    );
    if (judged) console.print(`as saved in 8 bits ${judged.fooled} of ${set.count}`);
    if (written) {
      const pictures = written.filter((path) => path.endsWith(".png")).length;
      const others = written.filter((path) => !path.endsWith(".png"));
      console.print(
        `wrote ${others.join(", ")}${pictures > 0 ? ` and ${plural(pictures, "picture")} in ${join(out ?? "", "images")}` : ""}`,
      );
    }
    return written ? { ...result, files: written } : result;
  } catch (error) {
    if (interrupt.signal.aborted) throw new CommandError("interrupted; nothing was written");
    if (error instanceof InvalidArgumentError) throw new UsageError(error.message, { cause: error });
    throw error;
  } finally {
    interrupt.stop();
    engine.dispose();
  }
}

/**
 * Means over all images, fooled or not. Robustness is the mean of ||r||_2 / ||x||_2 (arXiv:1511.04599, equation 1,
 * with norms in pixel space), without images that are zero everywhere.
 */
function measure(
  images: Float32Array,
  { perturbation, succeeded, iterations }: Pick<DeepfoolResult, "perturbation" | "succeeded" | "iterations">,
  shape: Shape,
) {
  const size = sizeOf(shape);
  const count = images.length / size;
  const sums = { l2: 0, linf: 0, ratio: 0, measured: 0 };
  for (let n = 0; n < count; n++) {
    const r = perturbation.subarray(n * size, (n + 1) * size);
    const length = lengthOf(r, 2);
    const reference = lengthOf(images.subarray(n * size, (n + 1) * size), 2);
    sums.l2 += length;
    sums.linf += lengthOf(r, Infinity);
    if (reference === 0) continue;
    sums.ratio += length / reference;
    sums.measured++;
  }
  return {
    succeeded: succeeded.reduce((sum, one) => sum + one, 0),
    meanL2: sums.l2 / count,
    meanLinf: sums.linf / count,
    meanIterations: iterations.reduce((sum, i) => sum + i, 0) / count,
    robustness: sums.measured === 0 ? null : sums.ratio / sums.measured,
  };
}

/** What only the other methods tell. */
function summary({ variant, gradients, alignment, stalled }: MinimalResult) {
  const mean = (values: ArrayLike<number>) =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  return {
    ...(variant && { variant }),
    ...{ meanGradients: mean(gradients), meanAlignment: mean(alignment), stalled },
  };
}
