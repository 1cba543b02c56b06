import { join } from "node:path";
import { type DemoSet, demoInput, drawDemoImages } from "../demo.js";
import {
  type Backend,
  type Compiled,
  compile,
  type InputOptions,
  InvalidArgumentError,
  type LoadModelOptions,
} from "../index.js";
import { type ImageSet, readImages } from "../node.js";
import { readClassNames } from "./class_names_file.js";
import type { Console } from "./console.js";
import { UsageError } from "./errors.js";
import { plural } from "./format.js";
import { expandPaths } from "./globs.js";
import { loadingStatus } from "./loading.js";
import { packageRoot } from "./package_root.js";
import { loadTfjs } from "./tfjs.js";

/** Options that say which network to use and how. */
export interface ModelOptions {
  readonly model?: string;
  readonly demo?: boolean;
  readonly range?: readonly [number, number];
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly backend?: Backend;
  readonly threads?: number | "auto";
  readonly weights?: "float32" | "float16";
  readonly deterministic?: boolean;
  readonly inputShape?: readonly number[];
  readonly output?: string;
  readonly classesFile?: string;
}

/** Options that say which images to use. */
export interface ImageOptions extends ModelOptions {
  readonly images?: readonly string[];
  readonly limit?: number;
  /** A picture that cannot be decoded ends in an error. */
  readonly strict?: boolean;
}

/** Where images are, as paths and patterns, or which of the demo's to draw. */
export type ImagesFrom = string | readonly string[] | { readonly demo: DemoSet };

/** Where the model and the images are, once `--demo` has been resolved. */
export interface Sources {
  /** What to call the model in reports. */
  readonly modelName: string;
  readonly model: string;
  readonly images: ImagesFrom;
  /** Images kept apart from crafting, where they come with the others. */
  readonly holdout?: ImagesFrom;
  readonly input: InputOptions;
}

/**
 * The model's path, `--model` or the demo's.
 *
 * @throws UsageError where neither is given, or both
 */
export function findModel(options: ModelOptions): Omit<Sources, "images" | "holdout"> {
  const { range, mean, std } = options;
  if (!options.demo) {
    if (options.model === undefined) throw new UsageError("--model is missing (or try --demo)");
    return { modelName: options.model, model: options.model, input: { range, mean, std } };
  }
  if (options.model !== undefined)
    throw new UsageError("--demo brings its own model, so --model cannot be given too");
  return {
    modelName: "demo",
    model: join(packageRoot(), "demo", "model", "model.json"),
    input: { range, mean: mean ?? demoInput.mean, std: std ?? demoInput.std },
  };
}

/**
 * Where model and images are.
 *
 * @throws UsageError where one is not given
 */
export function findSources(options: ImageOptions): Sources {
  const model = findModel(options);
  if (options.demo)
    return { ...model, images: options.images ?? { demo: "crafting" }, holdout: { demo: "holdout" } };
  if (options.images === undefined) throw new UsageError("--images is missing (or try --demo)");
  return { ...model, images: options.images };
}

/**
 * Fails where a path that was given leads nowhere, before the model is read and compiled.
 *
 * @throws the system's error, which names the path
 * @throws CommandError for a pattern that matches nothing
 */
export async function checkPresent(...paths: readonly (ImagesFrom | undefined)[]): Promise<void> {
  for (const path of paths) {
    const given = path === undefined ? undefined : pathsOf(path);
    if (given) await expandPaths(given);
  }
}

/**
 * The network, ready to run.
 *
 * @throws UsageError for option values that do not fit the model, such as five means for three channels
 * @throws CommandError where a package that the backend needs is not installed
 */
export async function openEngine(
  sources: Pick<Sources, "model" | "input">,
  options: ModelOptions,
  console: Console,
): Promise<Compiled> {
  const { backend = "auto", threads = "auto", weights = "float32", deterministic = false } = options;
  const tf = backend === "tfjs" ? await loadTfjs() : undefined;
  const onProgress = loadingStatus(sources.model, console);
  try {
    return await compile(sources.model, {
      ...(await loadingOptions(options)),
      backend,
      threads,
      weights,
      deterministic,
      input: sources.input,
      tf,
      onProgress,
      onWarning: (message) => console.note(`warning: ${message}`),
    });
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** What is said of the model beside where it is. */
export async function loadingOptions({
  inputShape,
  output,
  classesFile,
}: ModelOptions): Promise<Pick<LoadModelOptions, "inputShape" | "output" | "classNames">> {
  const classNames = classesFile === undefined ? undefined : await readClassNames(classesFile);
  return { inputShape, output, classNames };
}

/** What the model saw of the pixels, for reports: numbers mean little without it. */
export function inputOf({ input }: Pick<Sources, "input">, engine: Compiled): Required<InputOptions> {
  return { range: engine.range, mean: input.mean ?? 0, std: input.std ?? 1 };
}

/** The paths that were given, if any were. */
export function pathsOf(from: ImagesFrom): readonly string[] | undefined {
  if (typeof from === "string") return [from];
  return "demo" in from ? undefined : from;
}

/** The images, as the engine takes them. What is left out of them is said, file by file. */
export async function openImages(
  from: ImagesFrom,
  engine: Pick<Compiled, "inputShape" | "range">,
  { limit, strict = false }: Pick<ImageOptions, "limit" | "strict">,
  console: Console,
): Promise<ImageSet> {
  const options = limit === undefined ? {} : { limit };
  const paths = pathsOf(from);
  if (paths) {
    console.status(`reading ${paths.join(", ")}`);
    const broken = strict ? "reject" : "skip";
    const set = await readImages(await expandPaths(paths), engine, { ...options, broken });
    const { skipped = [], warnings = [] } = set;
    for (const warning of warnings) console.note(`warning: ${warning}`);
    for (const { file, problem } of skipped) console.note(`skipped: ${file} ${problem}`);
    if (skipped.length > 0)
      console.note(
        `skipped ${plural(skipped.length, "broken picture")} beside ${plural(set.count, "image")} (--strict: an error)`,
      );
    return set;
  }
  const { demo } = from as { readonly demo: DemoSet };
  return { source: "the demo", ...drawDemoImages(demo, { ...options, range: engine.range }) };
}

/** The names of the classes: the model's, else the image set's if it has as many, else numbers. */
export function classNames(engine: Compiled, set: ImageSet): readonly string[] {
  const named = [engine.classNames, set.classNames].find((names) => names?.length === engine.classes);
  return named ?? Array.from({ length: engine.classes }, (_, label) => `class ${label}`);
}

/** What reports say of pictures that are not among the images. */
export function skippedOf(...sets: readonly (ImageSet | undefined)[]) {
  return { skipped: sets.flatMap((set) => set?.skipped ?? []) };
}
