import type { Command, CommanderError } from "commander";

/** What other tools and papers call an option of ours, without dashes and in lower case. The first that a command has is meant. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  radius: ["eps", "epsilon", "epsilons", "xi", "bound", "budget", "max-norm", "magnitude", "strength"],
  "step-size": ["lr", "learning-rate", "alpha", "eps-step", "eps-iter", "step", "stepsize", "rel-stepsize"],
  passes: ["epochs", "max-epochs", "num-epochs", "max-iter-uni"],
  steps: ["max-iter-df", "max-iter-deepfool", "num-steps", "n-steps", "max-steps", "nb-steps"],
  batch: ["batch-size", "bs", "batchsize"],
  classes: [
    "num-classes",
    "n-classes",
    "nb-classes",
    "candidates",
    "nb-candidate",
    "num-candidates",
    "nb-grads",
  ],
  norm: ["p", "ord", "order", "lp", "lp-norm", "norm-type"],
  target: ["target-class", "target-label", "targeted", "y-target"],
  delta: ["desired-fooling-rate", "fooling-rate"],
  beta: ["clamp", "confidence", "kappa"],
  momentum: ["mu", "decay", "decay-factor"],
  method: ["attack", "attacker", "algorithm", "algo", "rule"],
  overshoot: ["eta"],
  seed: ["random-seed", "random-state", "rng"],
  shift: ["translate", "jitter"],
  flip: ["mirror", "hflip"],
  holdout: ["val", "validation", "test", "val-images", "test-images", "val-split"],
  images: [
    "image",
    "imgs",
    "img",
    "data",
    "dataset",
    "data-dir",
    "data-path",
    "input",
    "inputs",
    "input-dir",
    "path",
  ],
  limit: ["n", "num-images", "n-images", "num-samples", "n-samples", "max-images", "samples", "count"],
  model: ["network", "net", "checkpoint", "arch", "model-path", "onnx"],
  "classes-file": ["labels", "class-names", "label-names", "names", "labels-file", "classnames"],
  perturbation: ["uap", "v", "noise", "pert", "init", "perturbations", "delta-file"],
  out: ["o", "output-dir", "out-dir", "outdir", "save-dir", "save", "dest", "save-path"],
  range: ["bounds", "clip-values", "pixel-range", "min-max"],
  clip: ["clamp-images", "clip-images"],
  "input-shape": ["shape", "size", "image-size", "img-size", "input-size", "resolution"],
  backend: ["device", "engine", "provider", "runtime", "gpu", "cuda"],
  threads: ["workers", "num-workers", "num-threads", "jobs", "j", "cpus"],
  weights: ["dtype", "precision", "half", "fp16"],
  force: ["f", "overwrite", "yes", "y", "replace"],
  "save-images": ["save-adversarials", "save-advs", "export-images"],
  strict: ["fail-fast"],
  deterministic: ["reproducible", "determinism"],
};

/** Words that mean another option where a command lacks the first. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  iters: ["passes", "steps"],
  iter: ["passes", "steps"],
  iterations: ["passes", "steps"],
  "max-iter": ["passes", "steps"],
  "max-iters": ["passes", "steps"],
  "max-iterations": ["passes", "steps"],
  "num-iter": ["passes", "steps"],
  "n-iter": ["passes", "steps"],
  "nb-iter": ["passes", "steps"],
};

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  craft: ["attack", "uap", "universal", "train", "fit", "generate", "run"],
  evaluate: ["eval", "test", "measure", "validate", "score"],
  inspect: ["info", "describe", "summary", "show", "print", "model"],
  apply: ["add", "perturb", "export", "save"],
  deepfool: ["robustness", "minimal", "df", "sdf", "superdeepfool", "fmn"],
};

/**
 * The error of commander in one line, for words of the field with the one that we have in place of what looks alike: `--eps` is
 * `--radius`, not `--steps`.
 */
export function explain(error: CommanderError, program: Command): string {
  const message = error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  const word = /'([^']*)'/.exec(message)?.[1] ?? "";
  const meant = meaningOf(error.code, word, program);
  return meant === undefined
    ? message
    : `${message.replace(/ \(Did you mean .*\)$/, "")} (Did you mean ${meant}?)`;
}

function meaningOf(code: string, word: string, program: Command): string | undefined {
  if (code === "commander.unknownCommand") return find(COMMANDS, word.toLowerCase())[0];
  if (code !== "commander.unknownOption") return undefined;
  const plain = word
    .replace(/^-+/, "")
    .replace(/=.*$/s, "")
    .replace(/([a-z])([A-Z])/g, "$1-$2") // --batchSize
    .toLowerCase()
    .replaceAll("_", "-");
  const command = program.commands.find((one) => program.args[0] === one.name());
  const known = new Set(command?.options.map((option) => option.long));
  const meant = [plain, ...(Object.hasOwn(ALSO, plain) ? ALSO[plain] : find(OPTIONS, plain))].map(
    (name) => `--${name}`,
  );
  return meant.find((name) => known.has(name));
}

function find(table: Readonly<Record<string, readonly string[]>>, word: string): string[] {
  return Object.keys(table).filter((name) => table[name].includes(word));
}
