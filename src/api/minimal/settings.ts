import { countImages, show } from "../../engines/arguments.js";
import type { DeepfoolRequest, Engine } from "../../engines/engine.js";
import { type Pixels, pixelsOf } from "../../engines/pixels.js";
import { InvalidArgumentError } from "../../errors.js";
import { checkCandidates } from "../deepfool.js";
import { within } from "../images.js";
import {
  checkCallback,
  checkEngine,
  checkSignal,
  integer,
  interval,
  nonNegative,
  oneOf,
  optionsObject,
} from "../options.js";
import { type Levels, levelsOf } from "./levels.js";
import type { MinimalMethod, MinimalOptions, SdfVariant } from "./options.js";
import type { Terms } from "./trail.js";

export const CALLER = "minimalPerturbation";

type Key = keyof MinimalOptions;

const METHODS: readonly MinimalMethod[] = ["sdf", "fmn", "deepfool"];
const OF_ALL: readonly Key[] = [
  ...(["method", "norm", "targets", "bounds", "levels", "steps", "signal", "onProgress"] as const),
];
/** The options of each method besides those of all. */
const OF_METHOD: Readonly<Record<MinimalMethod, readonly Key[]>> = {
  sdf: ["classes", "overshoot", "variant", "rounds", "starts"],
  fmn: [],
  deepfool: ["classes", "overshoot"],
};
/** Of "sdf" those that belong to one variant. */
const OF_VARIANT = { paper: "rounds", descent: "starts" } as const;
const STEPS: Readonly<Record<MinimalMethod, number>> = { sdf: 100, fmn: 100, deepfool: 50 };

export interface MinimalSettings {
  readonly method: MinimalMethod;
  readonly variant: SdfVariant;
  readonly steps: number;
  readonly rounds: number;
  readonly starts: number;
  readonly terms: Terms;
  readonly targets: Int32Array | undefined;
  readonly levels: Levels | undefined;
  readonly deepfool: DeepfoolRequest;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((done: number, total: number) => void) | undefined;
}

/** @throws InvalidArgumentError for whatever is wrong */
export function resolveMinimal(
  engine: Engine,
  given: Pixels,
  options: MinimalOptions | undefined,
): { readonly images: Float32Array; readonly settings: MinimalSettings } {
  const known = new Set([...OF_ALL, ...METHODS.flatMap((method) => OF_METHOD[method])]);
  const all = optionsObject(CALLER, options, [...known]);
  checkEngine(CALLER, engine);
  const method = oneOf(CALLER, "method", all.method ?? "sdf", METHODS);
  const variant = oneOf(CALLER, "variant", all.variant ?? "descent", ["descent", "paper"] as const);
  checkOwners(all, method, variant);
  checkSignal(CALLER, all.signal);
  checkCallback(CALLER, "onProgress", all.onProgress);
  const norm = oneOf(CALLER, "norm", all.norm ?? 2, [2, Infinity] as const);
  const bounds = boundsOf(all.bounds ?? engine.range);
  const steps = integer(CALLER, "steps", all.steps ?? STEPS[method], 1);
  const classes = checkCandidates(CALLER, engine, all.classes ?? 10);
  const overshoot = nonNegative(CALLER, "overshoot", all.overshoot ?? 0.02);
  const rounds = integer(CALLER, "rounds", all.rounds ?? 4, 1);
  const starts = integer(CALLER, "starts", all.starts ?? 2, 0);
  const levels = all.levels === undefined ? undefined : gridOf(all.levels, engine, bounds);
  const pixels = pixelsOf(CALLER, given, engine.range);
  const count = countImages(CALLER, pixels, engine.inputShape);
  const targets = all.targets === undefined ? undefined : targetsOf(all.targets, count, engine.classes);
  const bounded = bounds[0] !== -Infinity;
  const images = bounded ? within(CALLER, pixels, bounds, "bounds") : pixels;
  return {
    images,
    settings: {
      ...{ method, variant, steps, rounds, starts, targets, levels },
      terms: {
        ...{ norm, bounds, classes, overshoot },
        width: engine.range[1] - engine.range[0],
        deepfoolSteps: steps,
      },
      deepfool: {
        ...{ norm, classes, steps, overshoot, profile: "lts4", trace: false },
        ...(bounded && { bounds }),
      },
      signal: all.signal ?? undefined,
      onProgress: all.onProgress ?? undefined,
    },
  };
}

function checkOwners(all: MinimalOptions, method: MinimalMethod, variant: SdfVariant): void {
  for (const key of Object.keys(all) as Key[]) {
    if (all[key] === undefined || OF_ALL.includes(key) || OF_METHOD[method].includes(key)) continue;
    const owners = METHODS.filter((name) => OF_METHOD[name].includes(key)).map(show);
    throw new InvalidArgumentError(
      `${CALLER}: ${key} is given with method "${method}", expected method ${owners.join(" or ")}`,
    );
  }
  const other = variant === "paper" ? "descent" : "paper";
  const barred = OF_VARIANT[other];
  if (all[barred] !== undefined)
    throw new InvalidArgumentError(
      `${CALLER}: ${barred} is given with variant "${variant}", expected variant "${other}"`,
    );
}

/** Iterates are float32, so a bound such as 0.1 is one too. */
function boundsOf(bounds: unknown): readonly [number, number] {
  const open = Array.isArray(bounds) && bounds.length === 2;
  if (open && bounds[0] === -Infinity && bounds[1] === Infinity) return [-Infinity, Infinity];
  const [low, high] = interval(CALLER, "bounds", bounds);
  return [Math.fround(low), Math.fround(high)];
}

function gridOf(levels: unknown, engine: Engine, bounds: readonly [number, number]): Levels {
  const grid = levelsOf(integer(CALLER, "levels", levels, 2, 2 ** 16), engine.range, bounds);
  if (grid.lowest > grid.highest)
    throw new InvalidArgumentError(
      `${CALLER}: levels is ${show(levels)}, expected some within the bounds [${bounds.join(", ")}]`,
    );
  return grid;
}

/** Class indices of any integer array, or of a plain one, `[N]`. */
function targetsOf(targets: unknown, count: number, classes: number): Int32Array {
  if (!Array.isArray(targets) && !(ArrayBuffer.isView(targets) && !(targets instanceof DataView)))
    throw new InvalidArgumentError(
      `${CALLER}: targets is ${show(targets)}, expected an array of ${count} class indices, one an image`,
    );
  const given = targets as ArrayLike<number>;
  if (given.length !== count)
    throw new InvalidArgumentError(
      `${CALLER}: targets has ${given.length} values, expected ${count} class indices, one an image`,
    );
  for (let n = 0; n < count; n++) integer(CALLER, `targets[${n}]`, given[n], 0, classes - 1);
  return Int32Array.from(given);
}
