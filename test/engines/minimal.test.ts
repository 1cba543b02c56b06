import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MinimalOptions, MinimalResult } from "../../src/api/minimal/options.js";
import { minimalPerturbation } from "../../src/api/minimal.js";
import type { Engine } from "../../src/engines/engine.js";
import { createReferenceEngine } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { portionOf, quick } from "../support/portion.js";
import { chromiumEngines } from "./chromium_engines.js";
import { type EngineUnderTest, reference, wasmEngines } from "./engines.js";
import { exactNetwork, imagesOf } from "./mixed_network.js";
import { foreign, tfjs } from "./other_engines.js";
import { webgpuEngines } from "./webgpu_engines.js";

/** Those which take long for a way: in JavaScript, on a software GPU, or with threads that wait for each other. */
const costly: readonly EngineUnderTest[] = [
  ...wasmEngines.filter(({ starts }) => starts === "workers"),
  ...[tfjs, foreign, ...webgpuEngines],
];

const engines: readonly EngineUnderTest[] = portionOf<EngineUnderTest>({
  quick: [reference, ...wasmEngines, tfjs, foreign, ...webgpuEngines],
  slow: [...(quick ? [] : costly), ...chromiumEngines],
});

const CLASSES = 6;
const N = 5;
const network = exactNetwork(CLASSES);
const size = sizeOf(network.input.shape);
const input = resolveInput(undefined, 2);
// Of 8 bits.
const images = imagesOf(network, N).map((x) => Math.round(255 * Math.min(Math.max(x, 0), 1)) / 255);
const targets = Array.from({ length: N }, (_, n) => (5 * n + 1) % CLASSES);

const ways: Record<string, MinimalOptions> = {
  sdf: {},
  "sdf, l_inf, 8 bits": { norm: Infinity, levels: 256 },
  "sdf, paper": { variant: "paper", bounds: [-Infinity, Infinity] },
  "sdf, towards classes": { targets },
  fmn: { method: "fmn", steps: 20 },
  "fmn, l_inf, towards classes": { method: "fmn", norm: Infinity, steps: 20, targets },
  deepfool: { method: "deepfool" },
  "deepfool, towards classes": { method: "deepfool", targets, levels: 256 },
};

/** What an engine gets that computes on a software GPU in a page. */
const FEW = ["sdf", "fmn", "deepfool, towards classes"];
/** What the costly ones get of quick tests. */
const QUICK = ["fmn", "deepfool, towards classes"];

function waysOn(under: EngineUnderTest): [string, MinimalOptions][] {
  const all = Object.entries(ways);
  if (chromiumEngines.includes(under)) return all.filter(([way]) => FEW.includes(way));
  if (!costly.includes(under)) return all;
  return portionOf({
    quick: all.filter(([way]) => QUICK.includes(way)),
    slow: all.filter(([way]) => !QUICK.includes(way)),
  });
}

const oracle = createReferenceEngine(network, input);
const expected: Record<string, Promise<MinimalResult>> = {};
/** Results of engines of the same rounding, by that and the way: the same bits. */
const seen = new Map<string, MinimalResult>();

describe.each(engines)("minimal perturbations on $name", (under) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await under.create(network, input);
  });
  afterAll(() => engine.dispose());

  test("a linear classifier of two classes: |f| / ||w||, in as many pixels as bounds leave", async () => {
    const weights = Float32Array.of(0.5, 0, -0.25, 0.75, 1, -1, 0.5, 0.25);
    const linear = buildNetwork({
      input: { name: "image", shape: [2, 2, 2] },
      nodes: [
        { op: "Flatten", name: "pixels", inputs: ["image"] },
        // [8][2]
        {
          op: "Gemm",
          name: "out",
          inputs: ["pixels"],
          weights: Float32Array.from({ length: 16 }, (_, i) => (i % 2 === 1 ? weights[i >> 1] : 0)),
          bias: Float32Array.of(1.25, 0),
          units: 2,
        },
      ],
      output: "out",
    });
    const other = await under.create(linear, input);
    const x = Float32Array.of(0.5, 0.25, 0.75, 0.5, 0.5, 0.25, 0.75, 0.5);
    const gap = 1.25 - x.reduce((sum, value, i) => sum + value * weights[i], 0);
    const lengths = {
      2: Math.hypot(...weights),
      [Infinity]: weights.reduce((sum, w) => sum + Math.abs(w), 0),
    };
    for (const norm of [2, Infinity] as const)
      for (const method of ["sdf", "fmn"] as const) {
        const hit = await minimalPerturbation(other, x, { method, norm });
        const distance = gap / lengths[norm];
        expect(hit.newLabels[0]).toBe(1);
        // Eight products of values below 1, in float32.
        expect(hit.norms[0]).toBeGreaterThan(distance - 16 * 2 ** -24);
        expect(hit.norms[0]).toBeLessThan(distance * (method === "sdf" ? 1 + 2 ** -9 : 1.02));
        expect(hit.alignment[0]).toBeGreaterThan(0.99);
      }
    other.dispose();
  });

  test.each(waysOn(under))("%s: fools, alone as in a batch, as on the reference", async (way, options) => {
    const hit = await minimalPerturbation(engine, images, options);
    const { labels } = await engine.logits(hit.adversarial);
    expect([...hit.newLabels]).toEqual([...labels]);
    const goal = (label: number, n: number) =>
      options.targets ? labels[n] === options.targets[n] : labels[n] !== label;
    expect([...hit.succeeded]).toEqual([...hit.labels].map((label, n) => Number(goal(label, n))));

    for (let n = 0; n < N; n += 2) {
      const alone = await minimalPerturbation(engine, images.slice(n * size, (n + 1) * size), {
        ...options,
        ...(options.targets && { targets: [options.targets[n]] }),
      });
      expect(alone.perturbation).toEqual(hit.perturbation.slice(n * size, (n + 1) * size));
      expect([alone.norms[0], alone.gradients[0], alone.alignment[0]]).toEqual([
        hit.norms[n],
        hit.gradients[n],
        hit.alignment[n],
      ]);
    }

    expected[way] ??= minimalPerturbation(oracle, images, options);
    const there = await expected[way];
    expect(hit.labels).toEqual(there.labels);
    expect(hit.succeeded).toEqual(there.succeeded);
    expect(there.succeeded.reduce((a, b) => a + b)).toBeGreaterThan(2);
    // A point within rounding of the boundary may be on either side, and lead a search to another minimum near by.
    const alike = [...hit.norms].filter(
      (norm, n) => norm === there.norms[n] || Math.abs(norm - there.norms[n]) <= 0.05 * there.norms[n],
    );
    expect(alike.length).toBeGreaterThanOrEqual(N - 2);

    const key = `${under.rounding} ${way}`;
    const twin = seen.get(key) ?? hit;
    seen.set(key, twin);
    expect(hit.perturbation).toEqual(twin.perturbation);
    expect(hit.gradients).toEqual(twin.gradients);
  });
});
