import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pictureShape } from "../../images/picture_shape.js";
import { type Compiled, foolingRate, type Shape } from "../../index.js";
import { readNpy } from "../../node/images/read_perturbation.js";
import { type ImageSet, readPerturbation } from "../../node.js";
import type { Console } from "../console.js";
import { UsageError } from "../errors.js";
import { percent, plural } from "../format.js";
import { expandPaths } from "../globs.js";
import {
  checkPresent,
  findSources,
  type ImageOptions,
  type ImagesFrom,
  openEngine,
  openImages,
  pathsOf,
  skippedOf,
} from "../inputs.js";
import { chooseOut, type OutOptions } from "../output/folders.js";
import { checkSavable, savedPictures } from "../output/saved_pictures.js";
import { writeStaged } from "../output/staged_files.js";
import { packageVersion } from "../package_root.js";
import { provenanceOf } from "../provenance.js";
import type { Report } from "../report.js";
import { checkCraftedRange, craftedRange } from "./crafted_range.js";
import { describeEngine, threadsOf } from "./describe_engine.js";
import { countChanged, judgeSaved } from "./judge_saved.js";

export interface ApplyOptions extends ImageOptions, OutOptions {
  readonly perturbation?: string;
}

/** What the images must fit: the model, or the perturbation where there is none. */
interface Target {
  readonly inputShape: Shape;
  readonly range: readonly [number, number];
}

/** `unifool apply`: the images with a perturbation added, as PNG files, and how many of those files still fool a model. */
export async function apply(options: ApplyOptions, console: Console): Promise<Report> {
  const began = new Date();
  const { perturbation: path, out } = options;
  if (path === undefined) throw new UsageError("--perturbation is missing: the .npy file that craft wrote");
  if (out === undefined) throw new UsageError("--out is missing: the folder for the pictures");
  const hasModel = options.demo === true || options.model !== undefined;
  const sources = hasModel ? findSources(options) : undefined;
  const from = options.images ?? sources?.holdout;
  if (from === undefined) throw new UsageError("--images is missing");
  await checkPresent(from, path);
  await checkApart(from, out);
  await chooseOut(options, out);
  const engine = sources && (await openEngine(sources, options, console));
  try {
    if (engine && sources) console.note(describeEngine(sources.modelName, engine));
    if (engine) await checkCraftedRange(path, engine);
    const target = engine ?? (await targetOf(path, options.range));
    const perturbation = await readPerturbation(path, target);
    const set = await openImages(from, target, options, console);
    await checkSavable("apply", set.shape);

    const { length: size } = perturbation;
    const perturbed = set.images.map((v, i) => v + perturbation[i % size]);
    const saved = savedPictures(perturbed, set, target.range);
    const judged = engine ? await judge(engine, set, perturbation, saved.images, console) : undefined;
    const result = {
      command: "apply",
      version: packageVersion(),
      perturbation: path,
      images: set.count,
      ...skippedOf(set),
      range: target.range,
      ...(engine &&
        sources && { model: sources.modelName, backend: engine.backend, threads: threadsOf(engine) }),
      ...judged,
      run: await provenanceOf(sources?.model, from, began),
    };
    const files = await writeStaged(out, {
      ...saved.files,
      "report.json": (paths) => Buffer.from(`${JSON.stringify({ ...result, files: paths }, null, 2)}\n`),
    });
    if (judged)
      console.print(
        `fooled ${judged.fooled} of ${plural(set.count, "image")} (${percent(judged.fooled / set.count)}), ` +
          `as saved ${judged.fooledAsSaved} (${percent(judged.fooledAsSaved / set.count)})`,
      );
    console.print(`wrote ${plural(set.count, "picture")} and report.json to ${out}`);
    return { ...result, files };
  } finally {
    engine?.dispose();
  }
}

/** How many images are fooled: clipped to the range, and as the files hold them. */
async function judge(
  engine: Compiled,
  set: ImageSet,
  perturbation: Float32Array,
  saved: Float32Array,
  console: Console,
) {
  const { labels, newLabels } = await foolingRate(engine, set.images, perturbation, {
    clip: true,
    onProgress: (done, total) => console.progress("judge", done, total),
  });
  const again = await judgeSaved(engine, saved, labels, console);
  return { fooled: countChanged(labels, newLabels), fooledAsSaved: again.fooled };
}

/** Shape and range where there is no model to tell: those of the perturbation, as craft's report beside it says. */
async function targetOf(path: string, given: readonly [number, number] | undefined): Promise<Target> {
  const range = given ?? (await craftedRange(path)) ?? ([0, 1] as const);
  await checkCraftedRange(path, { range });
  const { shape } = await readNpy("readPerturbation", path);
  return { inputShape: pictureShape(shape), range };
}

/** @throws UsageError where the pictures would replace those that they are made of */
async function checkApart(from: ImagesFrom, out: string): Promise<void> {
  const there = await realpath(out).catch(() => undefined);
  if (there === undefined) return;
  const folders = await Promise.all((await expandPaths(pathsOf(from) ?? [])).map(folderOf));
  if (folders.includes(there))
    throw new UsageError(`--out ${out} is the folder of the images, expected another`);
}

/** A folder itself, and of a file the folder that it lies in. */
async function folderOf(path: string): Promise<string> {
  const real = await realpath(path);
  return (await stat(real)).isDirectory() ? real : dirname(real);
}
