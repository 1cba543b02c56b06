import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DeepfoolOptions, type DeepfoolResult, deepfool } from "../../src/api/deepfool.js";
import type { DeepfoolProfile, Engine } from "../../src/engines/engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { type InputTransform, resolveInput } from "../../src/network/input.js";
import type { Network } from "../../src/network/spec.js";
import { sharedFloats } from "../support/images.js";
import { sharedPath } from "../support/shared.js";
import { type Subject, tieOfPiece, tieOfSteps } from "./golden_ties.js";

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
  /** Every value of its forward pass over one image, by node, if it can tell. */
  valuesOf?(network: Network, input: InputTransform, image: Float32Array): Promise<Map<string, Float32Array>>;
  /** How many of the 64 images of a golden run, such as `lts4.l2.f64`, to compare, from the first. 0: none. */
  images(model: GoldenModel, run: string): number;
  /**
   * Images by run, such as `cifar10_resnet20 lts4.l2.f64`, on which rounding decides: those and no others differ from
   * golden, and each shows why. Undefined where what rounds is the adapter's: then any image may be one, with evidence.
   */
  readonly ties?: Readonly<Record<string, readonly number[]>>;
}

/** The norms of a float32 and a float64 run differ by this at most, by README; the same is asked of r where it is known. */
const OUTLIER = 5e-4;
/** And by this at the median; on some runs PyTorch's own float32 twin is a little beyond it. */
const NORM_MEDIAN = 2e-6;
/** Images on which one implementation takes other steps in float32 than in float64, at most, by README. */
const TIES_AMONG = { images: 64, ties: 2 };

/** Every golden DeepFool run of both networks against an engine. */
export function goldenDeepfoolSuite(engineUnderTest: GoldenEngine): void {
  for (const model of ["mnist_cnn", "cifar10_resnet20"] as const) goldenModelSuite(model, engineUnderTest);
}

function goldenModelSuite(
  model: GoldenModel,
  { name, create, valuesOf, images: countOf, ties }: GoldenEngine,
): void {
  const golden: Golden = JSON.parse(readFileSync(sharedPath("golden", model, "golden.json"), "utf8"));
  const runs = Object.entries(golden.runs)
    .filter(([key, run]) => run.dtype === "f64" && countOf(model, key) > 0)
    .map(([key, run]) => ({ key, run, count: countOf(model, key) }));

  if (runs.length === 0) return;
  describe(`${model}, ${name}`, () => {
    const subjects: Partial<Record<GoldenRun["inputSpace"], Subject>> = {};
    beforeAll(async () => {
      const network = buildNetwork(await openModel(sharedPath("models", model, "tfjs_layers", "model.json")));
      const channels = golden.mean.length;
      const subject = async (input: InputTransform): Promise<Subject> => ({
        engine: await create(network, input),
        network,
        input,
        ...(valuesOf && { valuesOf: (image) => valuesOf(network, input, image) }),
      });
      subjects.pixel01 = await subject(resolveInput({ mean: golden.mean, std: golden.std }, channels));
      subjects.modelinput = await subject(resolveInput(undefined, channels));
    });
    afterAll(() => {
      for (const { engine } of Object.values(subjects)) engine.dispose();
    });

    it.each(runs)("$key, $count images", async ({ key, run, count }) => {
      const images = imagesFor(model, golden, run.inputSpace, count);
      const subject = subjects[run.inputSpace];
      if (subject === undefined) throw new Error("no engine");
      const options = optionsFor(run);
      const hit = await deepfool(subject.engine, images, options);
      const expected = run.images.slice(0, count);
      const stored = sharedFloats("golden", model, `r_${key}.bin`);
      const size = images.length / count;
      const tied: number[] = [];
      const evidence: string[] = [];
      for (const [n, image] of expected.entries()) {
        compareLabels(image, hit, n);
        const found = differences(run, image, stored, hit, n);
        if (found.length === 0) continue;
        const chosen = [...(hit.chosen?.[n] ?? [])];
        const path = { image: images.slice(n * size, (n + 1) * size), options, label: image.k0, chosen };
        const why = sameSteps(run, chosen, image.chosen)
          ? await tieOfPiece(subject, path, OUTLIER)
          : await tieOfSteps(subject, path, image.chosen, OUTLIER);
        expect(why, `image ${n}: ${found.join("; ")}, and no tie explains it`).not.toBe("");
        tied.push(n);
        evidence.push(`image ${n}: ${found.join("; ")}: ${why}`);
      }
      const named = ties && (ties[`${model} ${key}`] ?? []).filter((n) => n < count);
      if (named) expect(tied, "images that rounding decides, by name").toEqual(named);
      expect(tied.length, evidence.join("\n")).toBeLessThanOrEqual(
        Math.ceil((TIES_AMONG.ties * count) / TIES_AMONG.images),
      );
      const single = golden.runs[key.replace("f64", "f32")];
      const twinErrors = expected.map((image, n) =>
        Math.abs(single.images[n][run.norm] / image[run.norm] - 1),
      );
      const errors = expected.map((image, n) => normError(run, image, hit, n));
      expect(median(errors)).toBeLessThan(Math.max(NORM_MEDIAN, 2 * median(twinErrors)));
      if (evidence.length > 0)
        console.log(`${model} ${name} ${key}: rounding decides\n  ${evidence.join("\n  ")}`);
      expectTelling(run, expected, stored, hit);
    });
  });
}

function compareLabels(image: GoldenImage, hit: DeepfoolResult, n: number): void {
  const where = `image ${image.index}`;
  expect(hit.labels[n], `${where}: prediction`).toBe(image.k0);
  expect(hit.newLabels[n], `${where}: final label`).toBe(image.label);
  expect(hit.succeeded[n], where).toBe(Number(image.label !== image.k0));
  expect(hit.chosen?.[n].length, `${where}: trace`).toBe(hit.iterations[n]);
}

/** What is not golden's in the path of one image: its steps, the norm of its r, and r itself, of the images whose r is stored. */
function differences(
  run: GoldenRun,
  image: GoldenImage,
  stored: Float32Array,
  hit: DeepfoolResult,
  n: number,
): string[] {
  const found: string[] = [];
  const chosen = [...(hit.chosen?.[n] ?? [])];
  if (!sameSteps(run, chosen, image.chosen))
    found.push(`steps ${chosen.join(" ")}, golden ${image.chosen.join(" ")}`);
  const error = normError(run, image, hit, n);
  if (!(error < OUTLIER)) found.push(`norm off by ${error.toExponential(1)}`);
  const size = hit.perturbation.length / hit.iterations.length;
  if ((n + 1) * size > stored.length) return found;
  const [ours, theirs] = [hit.perturbation, stored].map((r) => r.subarray(n * size, (n + 1) * size));
  const distance = Math.hypot(...ours.map((x, i) => x - theirs[i])) / Math.hypot(...theirs);
  if (!(distance < OUTLIER)) found.push(`r off by ${distance.toExponential(1)}`);
  return found;
}

/** Zeros, and the next image's path in the place of each one's, would be different from golden. */
function expectTelling(
  run: GoldenRun,
  expected: readonly GoldenImage[],
  stored: Float32Array,
  hit: DeepfoolResult,
): void {
  const count = expected.length;
  const size = hit.perturbation.length / count;
  const next = <A extends Float32Array | Int32Array>(values: A, length: number): A => {
    const moved = values.slice() as A;
    values.forEach((value, i) => {
      moved[(i + length) % values.length] = value;
    });
    return moved;
  };
  const zeros = { ...hit, perturbation: new Float32Array(hit.perturbation.length) };
  const others = {
    ...hit,
    perturbation: next(hit.perturbation, size),
    iterations: next(hit.iterations, 1),
    chosen: hit.chosen?.map((_, n, all) => all[(n + count - 1) % count]),
  };
  for (const impostor of count > 1 ? [zeros, others] : [zeros])
    expected.forEach((image, n) => {
      expect(differences(run, image, stored, impostor, n), `image ${n}`).not.toEqual([]);
    });
}

/** `paper` ends when rounding decides, so only the steps that both took are compared there. */
function sameSteps(run: GoldenRun, ours: readonly number[], theirs: readonly number[]): boolean {
  const common = run.profile === "paper" ? Math.min(ours.length, theirs.length) : undefined;
  return ours.slice(0, common).join() === theirs.slice(0, common).join();
}

function optionsFor(run: GoldenRun): DeepfoolOptions {
  return {
    profile: run.profile,
    norm: run.norm === "l2" ? 2 : Infinity,
    classes: 10,
    trace: true,
  };
}

function normError(run: GoldenRun, image: GoldenImage, hit: DeepfoolResult, n: number): number {
  const size = hit.perturbation.length / hit.iterations.length;
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
