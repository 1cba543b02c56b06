import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { foolingRate } from "../../src/api/evaluate.js";
import { universalPerturbation } from "../../src/api/universal.js";
import type { Engine } from "../../src/engines/engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { type InputTransform, resolveInput } from "../../src/network/input.js";
import type { Network } from "../../src/network/spec.js";
import { sharedPath } from "../support/shared.js";

interface GoldenPass {
  readonly pass: number;
  readonly foolTrain: number;
  readonly foolTest: number;
  readonly deepfools: number;
}

interface GoldenUniversal {
  readonly craft: { readonly set: string; readonly indices: readonly [number, number] };
  readonly test: { readonly set: string; readonly n: number };
  readonly radius: Readonly<Record<"linf" | "l2", number>>;
  readonly randomBaseline: Readonly<Record<"linf" | "l2", readonly number[]>>;
  readonly lts4: Readonly<Record<"linf" | "l2", Readonly<Record<string, readonly GoldenPass[]>>>>;
}

export interface UniversalCase {
  readonly model: "cifar10_resnet20" | "mnist_cnn";
  readonly norm: "linf" | "l2";
}

const PASSES = 5;
const FILES = {
  cifar10_resnet20: { linf: "uap_linf", l2: "uap_l2" },
  mnist_cnn: { linf: "uap_all", l2: "uap_all" },
};

/**
 * The universal perturbation against a port of LTS4/universal in PyTorch: the same images, radius and passes, three
 * seeds each. The order of visits differs, so the rates are compared as distributions: the mean of ours is at least
 * the mean of theirs less their spread, on the crafting and on the test images.
 */
export function goldenUniversalSuite(
  name: string,
  create: (network: Network, input: InputTransform) => Promise<Engine>,
  cases: readonly UniversalCase[],
): void {
  describe(`universal perturbation, ${name}`, () => {
    it.each(cases)("$model, $norm", { timeout: 600_000 }, async ({ model, norm }) => {
      const read = (...path: string[]) => JSON.parse(readFileSync(sharedPath(...path), "utf8"));
      const golden: GoldenUniversal = read("golden", `uap_${model}`, `${FILES[model][norm]}.json`);
      const { mean, std } = read("golden", model, "golden.json");
      const network = buildNetwork(await openModel(sharedPath("models", model, "tfjs_layers", "model.json")));
      using engine = await create(network, resolveInput({ mean, std }, mean.length));
      const craft = readImages(golden.craft.set, golden.craft.indices[1] + 1);
      const test = readImages(golden.test.set, golden.test.n);

      const rates: { craft: number; test: number; best: number }[] = [];
      for (const seed of [0, 1, 2]) {
        const uap = await universalPerturbation(engine, craft, {
          norm: norm === "linf" ? Infinity : 2,
          radius: golden.radius[norm],
          delta: 0,
          passes: PASSES,
          seed,
        });
        const onTest = await foolingRate(engine, test, uap.last);
        rates.push({
          craft: uap.history[PASSES - 1].foolingRate,
          test: onTest.rate,
          best: uap.foolingRate,
        });
        expect(uap.foolingRate).toBe(Math.max(...uap.history.map((pass) => pass.foolingRate)));
        expect(onTest.rate).toBeGreaterThan(Math.max(...golden.randomBaseline[norm]));
      }

      const passes = Object.values(golden.lts4[norm]).map((run) => run[PASSES - 1]);
      const goldenCraft = statistics(passes.map((pass) => pass.foolTrain));
      const goldenTest = statistics(passes.map((pass) => pass.foolTest));
      const craftRate = statistics(rates.map((rate) => rate.craft)).mean;
      const testRate = statistics(rates.map((rate) => rate.test)).mean;
      console.log(
        `${model} ${norm} ${name}: craft ${craftRate.toFixed(3)} (golden ${show(goldenCraft)}), ` +
          `test ${testRate.toFixed(3)} (golden ${show(goldenTest)}), ` +
          `best by seed ${rates.map((rate) => rate.best.toFixed(3)).join(" ")}`,
      );
      expect(craftRate).toBeGreaterThanOrEqual(goldenCraft.mean - goldenCraft.spread);
      expect(testRate).toBeGreaterThanOrEqual(goldenTest.mean - goldenTest.spread);
    });
  });
}

/** Mean and sample standard deviation. */
function statistics(values: readonly number[]): { mean: number; spread: number } {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const spread = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1));
  return { mean, spread };
}

function show({ mean, spread }: { mean: number; spread: number }): string {
  return `${mean.toFixed(3)} +- ${spread.toFixed(3)}`;
}

function readImages(set: string, count: number): Float32Array {
  const meta = JSON.parse(readFileSync(sharedPath("images", set, "meta.json"), "utf8"));
  const size = meta.shape.slice(1).reduce((a: number, b: number) => a * b, 1);
  const bytes = readFileSync(sharedPath("images", set, "images.bin")).subarray(0, count * size);
  return Float32Array.from(bytes, (pixel) => pixel / 255);
}
