import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DeepfoolResult, deepfool } from "../../src/api/deepfool.js";
import type { DeepfoolProfile, Engine } from "../../src/engines/engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { type InputTransform, resolveInput } from "../../src/network/input.js";
import { loadLayersModel } from "../../src/network/layers_model/load.js";
import type { Network } from "../../src/network/spec.js";
import { sharedPath } from "../support/shared.js";

/** Results of independent implementations; `shared/golden/README.md` says how far they can be compared. */
interface GoldenRun {
  readonly profile: DeepfoolProfile;
  readonly norm: "l2" | "linf";
  readonly dtype: "f32" | "f64";
  readonly inputSpace: "pixel01" | "modelinput";
  readonly images: readonly GoldenImage[];
}

interface GoldenImage {
  readonly index: number;
  readonly k0: number;
  readonly candidates: readonly number[];
  readonly label: number;
  readonly iterations: number;
  readonly chosen: readonly number[];
  readonly l2: number;
  readonly linf: number;
  /** Second best minus best distance over best, the least of all steps. */
  readonly minRelGap?: number;
  /** Smallest |margin| that the stop test saw. */
  readonly minAbsStopMargin?: number;
}

interface Golden {
  readonly imageSet: string;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly runs: Readonly<Record<string, GoldenRun>>;
}

export type GoldenModel = "mnist_cnn" | "cifar10_resnet20";

export interface GoldenEngine {
  readonly name: string;
  create(network: Network, input: InputTransform): Promise<Engine>;
  /** How many of the 64 images of a golden run, such as `lts4.l2.f64`, to compare, from the first. 0: none. */
  images(model: GoldenModel, run: string): number;
}

/** The norms of two float32 or float64 runs of one profile differ by this at most, by README. */
const NORM_OUTLIER = 5e-4;
/** And by this at the median. */
const NORM_MEDIAN = 2e-6;
/**
 * A stop test is a tie where a float32 run can fall on either side of it: logits are below 64, so one is rounded by
 * 2^-18, and some tens of layers add a few of these.
 */
const MARGIN_TIE = 16 * 2 ** -18;
/** Two distances are a tie where float32 gradients cannot order them. */
const GAP_TIE = 2 ** -16;

/** Every golden DeepFool run of both networks against an engine. */
export function goldenDeepfoolSuite(engineUnderTest: GoldenEngine): void {
  for (const model of ["mnist_cnn", "cifar10_resnet20"] as const) goldenModelSuite(model, engineUnderTest);
}

function goldenModelSuite(model: GoldenModel, { name, create, images: countOf }: GoldenEngine): void {
  const golden: Golden = JSON.parse(readFileSync(sharedPath("golden", model, "golden.json"), "utf8"));
  const runs = Object.entries(golden.runs)
    .filter(([key, run]) => run.dtype === "f64" && countOf(model, key) > 0)
    .map(([key, run]) => ({ key, run, count: countOf(model, key) }));

  describe(`${model}, ${name}`, () => {
    const engines: Partial<Record<GoldenRun["inputSpace"], Engine>> = {};
    beforeAll(async () => {
      const network = buildNetwork(
        await loadLayersModel(sharedPath("models", model, "tfjs_layers", "model.json")),
      );
      const channels = golden.mean.length;
      engines.pixel01 = await create(network, resolveInput({ mean: golden.mean, std: golden.std }, channels));
      engines.modelinput = await create(network, resolveInput(undefined, channels));
    });
    afterAll(() => {
      engines.pixel01?.dispose();
      engines.modelinput?.dispose();
    });

    it.each(runs)("$key, $count images", async ({ key, run, count }) => {
      const images = imagesFor(model, golden, run.inputSpace, count);
      const engine = engines[run.inputSpace];
      if (engine === undefined) throw new Error("no engine");
      const size = images.length / count;
      const hit = await deepfool(engine, images, {
        profile: run.profile,
        norm: run.norm === "l2" ? 2 : Infinity,
        classes: 10,
        trace: true,
      });
      const single = golden.runs[key.replace("f64", "f32")];
      const expected = run.images.slice(0, count);
      const exceptions = expected.flatMap((image, n) => compare(run, image, single.images[n], hit, n, size));
      if (exceptions.length > 0) console.log(`${model} ${name} ${key}: ties\n  ${exceptions.join("\n  ")}`);
      // As many as float32 and float64 of one implementation: "iterations differ on at most 2 images a run".
      expect(exceptions.length).toBeLessThanOrEqual(2);

      const errors = expected.map((image, n) => normError(run, image, hit, n, size)).sort((a, b) => a - b);
      expect(errors.at(-1)).toBeLessThan(NORM_OUTLIER);
      expect(errors[Math.floor(errors.length / 2)]).toBeLessThan(NORM_MEDIAN);
      comparePerturbations(model, key, hit, size);
    });
  });
}

/** Checks one image; returns a line for a discrepancy that is a tie, and fails on any other. */
function compare(
  run: GoldenRun,
  image: GoldenImage,
  single: GoldenImage,
  hit: DeepfoolResult,
  n: number,
  size: number,
): string[] {
  const where = `image ${image.index}`;
  expect(hit.labels[n], `${where}: prediction`).toBe(image.k0);
  expect(hit.newLabels[n], `${where}: final label`).toBe(image.label);
  expect(hit.succeeded[n], where).toBe(Number(image.label !== image.k0));
  const chosen = [...(hit.chosen?.[n] ?? [])];
  expect(chosen.length, `${where}: trace`).toBe(hit.iterations[n]);
  // `paper` ends when rounding decides, so only the steps that both took can be compared.
  const common = run.profile === "paper" ? Math.min(chosen.length, image.chosen.length) : Infinity;
  const same = chosen.slice(0, common).join() === image.chosen.slice(0, common).join();
  if (same) return [];
  const found = `${where}: steps ${chosen.join(" ")}, golden ${image.chosen.join(" ")}`;
  const evidence = tieEvidence(image, single, chosen);
  expect(evidence, `${found}, and no tie explains it (${normError(run, image, hit, n, size)})`).not.toBe("");
  return [`${found}: ${evidence}`];
}

/** Why a discrepancy is rounding: the golden run's own near-ties, or its float32 twin differing likewise. */
function tieEvidence(image: GoldenImage, single: GoldenImage, chosen: readonly number[]): string {
  const { minRelGap = Infinity, minAbsStopMargin = Infinity } = image;
  if (minRelGap < GAP_TIE) return `distances within ${minRelGap.toExponential(1)}`;
  if (minAbsStopMargin < MARGIN_TIE) return `stop margin ${minAbsStopMargin.toExponential(1)}`;
  if (single.chosen.join() === chosen.join()) return "the golden float32 run takes these steps";
  return "";
}

function normError(run: GoldenRun, image: GoldenImage, hit: DeepfoolResult, n: number, size: number): number {
  const r = hit.perturbation.subarray(n * size, (n + 1) * size);
  const length =
    run.norm === "l2"
      ? Math.sqrt(r.reduce((sum, x) => sum + x * x, 0))
      : r.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  return Math.abs(length / image[run.norm] - 1);
}

/** r itself, on the eight images whose r is stored. */
function comparePerturbations(model: GoldenModel, key: string, hit: DeepfoolResult, size: number): void {
  const stored = floats(sharedPath("golden", model, `r_${key}.bin`));
  const count = Math.min(stored.length, hit.perturbation.length) / size;
  for (let n = 0; n < count; n++) {
    const [ours, theirs] = [hit.perturbation, stored].map((r) => r.subarray(n * size, (n + 1) * size));
    const difference = Math.hypot(...ours.map((x, i) => x - theirs[i])) / Math.hypot(...theirs);
    expect(difference, `image ${n}: r`).toBeLessThan(NORM_OUTLIER);
  }
}

/** Images as the golden runs saw them, in pixel space or normalised, rounded to float32 once. */
function imagesFor(
  model: GoldenModel,
  golden: Golden,
  space: GoldenRun["inputSpace"],
  count: number,
): Float32Array {
  const size = model === "mnist_cnn" ? 28 * 28 : 32 * 32 * 3;
  const bytes = readFileSync(sharedPath("images", golden.imageSet, "images.bin")).subarray(0, count * size);
  const { mean, std } = golden;
  return Float32Array.from(bytes, (pixel, i) =>
    space === "pixel01" ? pixel / 255 : (pixel / 255 - mean[i % mean.length]) / std[i % std.length],
  );
}

function floats(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
