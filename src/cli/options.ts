import { type Command, Option } from "commander";
import type { DeepfoolProfile, MinimalMethod, UniversalMethod } from "../index.js";
import {
  parseChoice,
  parseInteger,
  parseList,
  parseNonNegative,
  parseNorm,
  parsePositive,
  parseRange,
  parseShape,
  parseShare,
} from "./values.js";

const PROFILES: readonly DeepfoolProfile[] = ["lts4", "lts4-torch", "foolbox", "paper"];
const BACKENDS = ["auto", "wasm", "webgpu", "reference", "tfjs"] as const;
const METHODS: readonly UniversalMethod[] = ["deepfool", "sgd", "sga", "momentum"];
const MINIMAL_METHODS: readonly MinimalMethod[] = ["deepfool", "sdf", "fmn"];
const WEIGHTS = ["float32", "float16"] as const;

/** Adds `--model` and what belongs to it. */
export function addModelOptions(command: Command): Command {
  return command
    .addOption(
      option("--model <path>", "model.json of TensorFlow.js, .onnx file, folder that holds one, or a URL"),
    )
    .addOption(
      option(
        "--input-shape <list>",
        "shape of one image, as 224,224,3, where the model leaves it open",
        parseShape,
      ),
    )
    .addOption(
      option("--output <name>", "the value that holds the class scores, of a model with several outputs"),
    )
    .addOption(option("--classes-file <path>", "names of the classes: one a line, or a JSON list"))
    .addOption(option("--demo", "use the model and the images that come with unifool"));
}

/** Adds what pixels mean to the model. */
export function addPixelOptions(command: Command): Command {
  return command
    .addOption(option("--range <low,high>", "lowest and highest pixel value (default: 0,1)", parseRange))
    .addOption(option("--mean <list>", "mean that the model wants subtracted, of pixels in 0..1", parseList))
    .addOption(option("--std <list>", "standard deviation it wants divided by, likewise", parseList));
}

/** Adds how the model is run. */
export function addEngineOptions(command: Command): Command {
  return addPixelOptions(command)
    .addOption(
      option("--backend <name>", `${BACKENDS.join(", ")} (default: auto)`, (name, text) =>
        parseChoice(name, text, BACKENDS),
      ),
    )
    .addOption(
      option("--threads <n>", "worker threads; 0: the calling thread (default: auto)", (name, text) =>
        text === "auto" ? ("auto" as const) : parseInteger(name, text, 0),
      ),
    )
    .addOption(option("--deterministic", "the same bits on every machine: no fused multiply-add"))
    .addOption(
      option(
        "--weights <type>",
        "float16: weights rounded to half precision, webgpu only (default: float32)",
        (name, text) => parseChoice(name, text, WEIGHTS),
      ),
    );
}

/** Adds `--images` and what belongs to it. */
export function addImageOptions(command: Command): Command {
  return command
    .addOption(
      option(
        "--images <paths...>",
        "folders of PNG, JPEG or WebP files, scaled and cropped to the model's input; such files, patterns of them in quotes; folders with a folder for each class; folders with images.bin and meta.json; .npy files",
      ),
    )
    .addOption(
      option("--strict", "end in an error at a broken picture (default: it is skipped, and counted)"),
    )
    .addOption(option("--limit <n>", "take only the first n images", wholeNumber(1)));
}

/** Adds DeepFool's parameters; the defaults differ between commands, so the text comes from there. */
export function addDeepfoolOptions(command: Command, defaults: { readonly steps: number | string }): Command {
  return command
    .addOption(option("--classes <n>", "candidate classes of DeepFool (default: 10)", wholeNumber(2)))
    .addOption(
      option(
        "--steps <n>",
        `most steps of DeepFool for an image (default: ${defaults.steps})`,
        wholeNumber(1),
      ),
    )
    .addOption(
      option("--overshoot <x>", "how far DeepFool goes past the boundary (default: 0.02)", parseNonNegative),
    )
    .addOption(
      option(
        "--profile <name>",
        `spelling of DeepFool: ${PROFILES.join(", ")} (default: lts4)`,
        (name, text) => parseChoice(name, text, PROFILES),
      ),
    );
}

export function addCraftOptions(command: Command): Command {
  return command
    .addOption(option("--norm <p>", "norm that bounds the perturbation: 2 or inf (default: inf)", parseNorm))
    .addOption(
      option(
        "--radius <x>",
        "its bound, in pixel units (default: 10/255 of the range for inf; for 2, 2000/255 of it at 224x224x3 and as much per pixel at other sizes)",
        parsePositive,
      ),
    )
    .addOption(
      option(
        "--delta <x>",
        "stop when all but this share of the images is fooled (default: never; deepfool: 0.2)",
        parseShare,
      ),
    )
    .addOption(
      option(
        "--passes <n>",
        "most passes over the images (default: 10, more of few; demo: 5)",
        wholeNumber(1),
      ),
    )
    .addOption(
      option("--method <name>", `how it is found: ${METHODS.join(", ")} (default: momentum)`, (name, text) =>
        parseChoice(name, text, METHODS),
      ),
    )
    .addOption(option("--seed <n>", "seed of all that is random (default: 0)", wholeNumber(0)))
    .addOption(option("--holdout <n|path>", "images kept apart, to measure on: the last n, or another set"))
    .addOption(option("--repeat <file>", "do what a report.json of craft says; options beside it go before"))
    .addOption(option("--perturbation <file>", "start from this perturbation (.npy) instead of zero"));
}

/** Adds what the methods with steps take; `universalPerturbation` says which takes what. */
export function addStepOptions(command: Command): Command {
  return command
    .addOption(option("--target <class>", "the class to be taken for (default: any other)", wholeNumber(0)))
    .addOption(option("--data-free", "make it of jigsaws of random colours; the images are only measured on"))
    .addOption(option("--tile <n>", "repeat a patch n times each way (default: 1)", wholeNumber(1)))
    .addOption(option("--batch <n>", "images a step (default: by their number)", wholeNumber(1)))
    .addOption(
      option(
        "--step-size <x>",
        "length of a step, in radii (default: 0.1; momentum: by their number)",
        parsePositive,
      ),
    )
    .addOption(
      option("--beta <x>", "sgd, sga: where the cross-entropy is clamped (default: 9)", parsePositive),
    )
    .addOption(option("--momentum <x>", "sga, momentum: of the direction (default: 0; 0.9)", parseShare))
    .addOption(option("--inner-batch <n>", "sga: images a step ahead (default: 10)", wholeNumber(1)))
    .addOption(option("--inner-passes <n>", "sga: draws of an image for them (default: 4)", wholeNumber(1)))
    .addOption(
      option("--starts <n>", "momentum: first passes, the best goes on (default: 3)", wholeNumber(1)),
    )
    .addOption(
      option("--weighting <name>", "momentum: of the images, equal or near (default: near)", (name, text) =>
        parseChoice(name, text, ["equal", "near"] as const),
      ),
    )
    .addOption(
      option(
        "--shift <n>",
        "momentum: move images by up to n pixels (default: an eighth or less)",
        wholeNumber(0),
      ),
    )
    .addOption(
      option("--flip", "momentum: mirror half of the images (default: where they stay what they are)"),
    )
    .addOption(option("--no-flip", "momentum: mirror none"));
}

export function norm(fallback: string): Option {
  return option(
    "--norm <p>",
    `norm that the perturbations are small in: 2 or inf (default: ${fallback})`,
    parseNorm,
  );
}

export function minimalMethod(): Option {
  return option(
    "--method <name>",
    `how it is found: ${MINIMAL_METHODS.join(", ")}; sdf and fmn go on to smaller ones (default: deepfool)`,
    (name, text) => parseChoice(name, text, MINIMAL_METHODS),
  );
}

export function clip(): Option {
  return option("--clip", "clip perturbed images to the range (default: they may leave it)");
}

export function perturbation(text: string): Option {
  return option("--perturbation <file>", text);
}

export function out(text: string): Option {
  return option("--out <folder>", text);
}

export function force(): Option {
  return option("--force", "replace the results of an earlier run in --out");
}

export function saveImages(): Option {
  return option(
    "--save-images",
    "write the perturbed images into --out as PNG files and judge those again; sdf and fmn then look for the smallest that 8 bits hold",
  );
}

export function json(): Option {
  return option("--json", "print one JSON object and nothing else");
}

/** An option whose text, if it takes any, is parsed by a function of its name and that text. */
function option<T>(flags: string, description: string, parse?: (name: string, text: string) => T): Option {
  const made = new Option(flags, description);
  return parse ? made.argParser((text: string) => parse(made.long ?? flags, text)) : made;
}

function wholeNumber(least: number): (name: string, text: string) => number {
  return (name, text) => parseInteger(name, text, least);
}
