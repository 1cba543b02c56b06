import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DeepfoolOptions, type DeepfoolResult, deepfool } from "../../src/api/deepfool.js";
import type { DeepfoolProfile, Engine } from "../../src/engines/engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { type InputTransform, resolveInput } from "../../src/network/input.js";
import type { Network } from "../../src/network/spec.js";
import { sharedPath } from "../support/shared.js";
import { uniform } from "./analytic_engines.js";

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

/** The norms of a float32 and a float64 run differ by this at most, by README. */
const NORM_OUTLIER = 5e-4;
/** And by this at the median; on some runs PyTorch's own float32 twin is a little beyond it. */
const NORM_MEDIAN = 2e-6;
/** Copies of an image, each with noise of up to one float32 rounding of a pixel, that show whether it is a tie. */
const NOISY_COPIES = 48;

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
      const network = buildNetwork(await openModel(sharedPath("models", model, "tfjs_layers", "model.json")));
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
      const hit = await deepfool(engine, images, optionsFor(run));
      const single = golden.runs[key.replace("f64", "f32")];
      const expected = run.images.slice(0, count);
      const exceptions: string[] = [];
      for (const [n, image] of expected.entries()) {
        const found = compareSteps(run, image, hit, n);
        if (found === "") continue;
        const pixels = images.subarray(n * size, (n + 1) * size);
        const evidence = await tieEvidence(engine, run, image, single.images[n], hit.chosen?.[n], pixels);
        expect(evidence, `${found}, and no tie explains it`).not.toBe("");
        exceptions.push(`${found}: ${evidence}`);
      }
      const errors = expected.map((image, n) => normError(run, image, hit, n, size));
      const twinErrors = expected.map((image, n) =>
        Math.abs(single.images[n][run.norm] / image[run.norm] - 1),
      );
      errors.forEach((error, n) => {
        if (error < NORM_OUTLIER) return;
        const found = `image ${n}: norm off by ${error.toExponential(1)}`;
        expect(error, `${found}, and the float32 run's is not`).toBeLessThan(2 * twinErrors[n]);
        exceptions.push(`${found}: the golden float32 run's is off by ${twinErrors[n].toExponential(1)}`);
      });
      expect(median(errors)).toBeLessThan(Math.max(NORM_MEDIAN, 2 * median(twinErrors)));
      comparePerturbations(model, key, hit, size);
      // Ties are rare: the float32 and float64 runs of one implementation differ on 2 of 64 at most.
      expect(exceptions.length).toBeLessThanOrEqual(4);
      if (exceptions.length > 0)
        console.log(`${model} ${name} ${key}: rounding decides\n  ${exceptions.join("\n  ")}`);
    });
  });
}

/** Checks one image's labels and steps; returns a line if the steps differ. */
function compareSteps(run: GoldenRun, image: GoldenImage, hit: DeepfoolResult, n: number): string {
  const where = `image ${image.index}`;
  expect(hit.labels[n], `${where}: prediction`).toBe(image.k0);
  expect(hit.newLabels[n], `${where}: final label`).toBe(image.label);
  expect(hit.succeeded[n], where).toBe(Number(image.label !== image.k0));
  const chosen = [...(hit.chosen?.[n] ?? [])];
  expect(chosen.length, `${where}: trace`).toBe(hit.iterations[n]);
  return sameSteps(run, chosen, image.chosen)
    ? ""
    : `${where}: steps ${chosen.join(" ")}, golden ${image.chosen.join(" ")}`;
}

/** `paper` ends when rounding decides, so only the steps that both took are compared there. */
function sameSteps(run: GoldenRun, ours: ArrayLike<number>, theirs: ArrayLike<number>): boolean {
  const common = run.profile === "paper" ? Math.min(ours.length, theirs.length) : undefined;
  return Array.from(ours).slice(0, common).join() === Array.from(theirs).slice(0, common).join();
}

/** Why other steps are a matter of rounding, or "" if they are not. */
async function tieEvidence(
  engine: Engine,
  run: GoldenRun,
  image: GoldenImage,
  single: GoldenImage,
  chosen: ArrayLike<number> = [],
  pixels: Float32Array,
): Promise<string> {
  const noise = uniform(image.index);
  const copies = new Float32Array(NOISY_COPIES * pixels.length);
  const [low, high] = run.inputSpace === "pixel01" ? [0, 1] : [-Infinity, Infinity];
  copies.forEach((_, i) => {
    const pixel = pixels[i % pixels.length];
    copies[i] = Math.min(
      Math.max(pixel + 2 ** -24 * Math.max(Math.abs(pixel), 0.5) * 2 * noise(), low),
      high,
    );
  });
  const hit = await deepfool(engine, copies, optionsFor(run));
  const golden = hit.chosen?.filter((steps) => sameSteps(run, steps, image.chosen)).length ?? 0;
  const margin =
    image.minAbsStopMargin === undefined ? "" : `, stop margin ${image.minAbsStopMargin.toExponential(1)}`;
  if (golden > 0) return `${golden} of ${NOISY_COPIES} copies with an ulp of noise take golden's${margin}`;
  if (sameSteps(run, chosen, single.chosen)) return `golden's float32 run takes ours${margin}`;
  return "";
}

function optionsFor(run: GoldenRun): DeepfoolOptions {
  return {
    profile: run.profile,
    norm: run.norm === "l2" ? 2 : Infinity,
    classes: 10,
    trace: true,
  };
}

function normError(run: GoldenRun, image: GoldenImage, hit: DeepfoolResult, n: number, size: number): number {
  const r = hit.perturbation.subarray(n * size, (n + 1) * size);
  const length =
    run.norm === "l2"
      ? Math.sqrt(r.reduce((sum, x) => sum + x * x, 0))
      : r.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  return Math.abs(length / image[run.norm] - 1);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
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
