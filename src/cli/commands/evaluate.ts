import { foolingRate } from "../../index.js";
import { readPerturbation } from "../../node.js";
import type { Console } from "../console.js";
import { UsageError } from "../errors.js";
import { ballText, percent, plural } from "../format.js";
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
import { provenanceOf } from "../provenance.js";
import type { Report } from "../report.js";
import { checkCraftedRange } from "./crafted_range.js";
import { describeEngine, threadsOf } from "./describe_engine.js";

export interface EvaluateOptions extends ImageOptions {
  readonly perturbation?: string;
  readonly clip?: boolean;
}

/** `unifool evaluate`: the fooling rate of a perturbation; with dataset labels also the accuracy with and without it. */
export async function evaluate(options: EvaluateOptions, console: Console): Promise<Report> {
  const began = new Date();
  const { clip = false, perturbation: path } = options;
  if (path === undefined) throw new UsageError("--perturbation is missing: the .npy file that craft wrote");
  const sources = findSources(options);
  const images = options.images ?? sources.holdout ?? sources.images;
  await checkPresent(images, path);
  const engine = await openEngine(sources, options, console);
  try {
    console.note(describeEngine(sources.modelName, engine));
    await checkCraftedRange(path, engine);
    const perturbation = await readPerturbation(path, engine);
    const set = await openImages(images, engine, options, console);
    const begin = performance.now();
    const { rate, labels, newLabels } = await foolingRate(engine, set.images, perturbation, {
      clip,
      onProgress: (done, total) => console.progress("evaluate", done, total),
    });
    const seconds = (performance.now() - begin) / 1000;
    const accuracy = set.labels && {
      clean: shareEqual(labels, set.labels),
      perturbed: shareEqual(newLabels, set.labels),
    };
    const linf = perturbation.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
    const l2 = Math.sqrt(perturbation.reduce((sum, v) => sum + v * v, 0));
    const [taken, times] = mostFrequent(newLabels.filter((label, i) => label !== labels[i]));

    console.print(`fools ${percent(rate)} of ${plural(set.count, "image")}`);
    if (accuracy)
      console.print(`accuracy ${percent(accuracy.clean)} clean, ${percent(accuracy.perturbed)} perturbed`);
    if (times > 0)
      console.print(`most often taken for: ${classNames(engine, set)[taken]} (${plural(times, "image")})`);
    console.print(`size ${ballText(Infinity, linf, engine.range)}, ${ballText(2, l2, engine.range)}`);
    return {
      command: "evaluate",
      model: sources.modelName,
      backend: engine.backend,
      threads: threadsOf(engine),
      variant: engine.variant,
      weights: engine.weights,
      deterministic: options.deterministic ?? false,
      images: set.count,
      ...skippedOf(set),
      perturbation: path,
      foolingRate: rate,
      accuracy: accuracy ?? null,
      linf,
      l2,
      clip,
      input: inputOf(sources, engine),
      seconds,
      run: await provenanceOf(sources.model, images, began),
    };
  } finally {
    engine.dispose();
  }
}

function shareEqual(a: Int32Array, b: Int32Array): number {
  return a.reduce((equal, label, i) => equal + Number(label === b[i]), 0) / a.length;
}

/** The value that occurs most often, the first of equals, and how often; `[-1, 0]` for none. */
function mostFrequent(values: Int32Array): readonly [value: number, times: number] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [-1, 0]);
}
