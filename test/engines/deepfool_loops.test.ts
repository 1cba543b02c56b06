import { describe, expect, test } from "vitest";
import { deepfoolLoop } from "../../src/api/deepfool_loop.js";
import type { DeepfoolProfile, DeepfoolRequest } from "../../src/engines/engine.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { portionOf } from "../support/portion.js";
import { chromiumEngines } from "./chromium_engines.js";
import { type EngineUnderTest, wasmEngines } from "./engines.js";
import { exactNetwork, imagesOf } from "./mixed_network.js";
import { webgpuEngines } from "./webgpu_engines.js";

const N = 12;
const input = resolveInput(undefined, 2);
const profiles: DeepfoolProfile[] = ["paper", "lts4", "lts4-torch", "foolbox"];
const runs = profiles.flatMap((profile) =>
  ([2, Infinity] as const).flatMap((norm) => [3, 10, 30].map((classes) => ({ profile, norm, classes }))),
);

const engines: readonly EngineUnderTest[] = portionOf<EngineUnderTest>({
  quick: [...wasmEngines, ...webgpuEngines],
  slow: chromiumEngines,
});

/**
 * The engine's loop seeds the lanes with differences, the portable one subtracts float32 rows; on a network whose
 * gradients are exact in float32 both have the same w. The wasm engines differ in the order in which ||w|| is summed in
 * float64 and so in r by a last bit of float64, which may change the float32 result by one rounding. The WebGPU
 * engine sums D squares in float32, off by at most (D + 2) u of the sum, and rounds r at each step, so that r is off
 * by D u of its largest value, twice where the next step makes up for what the last one lacked.
 */
describe.each(engines.filter(({ starts }) => starts !== "workers"))(
  "$name: the DeepFool loop is the portable one",
  (under) => {
    test.each(runs)("$profile, norm $norm, $classes candidates", async ({ profile, norm, classes }) => {
      const network = exactNetwork(30);
      const images = imagesOf(network, N);
      const size = sizeOf(network.input.shape);
      using engine = await under.create(network, input);
      const request: DeepfoolRequest = {
        profile,
        norm,
        classes,
        steps: 12,
        overshoot: 0.02,
        bounds: profile === "foolbox" ? [0, 1] : undefined,
        trace: true,
      };
      const ours = await engine.deepfool!(images, request);
      const portable = await deepfoolLoop(engine, images, request);
      expect(Math.max(...ours.iterations)).toBeGreaterThan(1);
      expect([...ours.labels]).toEqual([...portable.labels]);
      expect([...ours.newLabels]).toEqual([...portable.newLabels]);
      expect(ours.chosen?.map((steps) => steps.length)).toEqual([...ours.iterations]);
      // A step of "paper" ends on the boundary itself, where the rounding of r says on which side.
      const rounds = profile === "paper" && engine.backend === "webgpu";
      ours.chosen?.forEach((steps, n) => {
        const theirs = portable.chosen?.[n] ?? [];
        const common = rounds ? Math.min(steps.length, theirs.length) : undefined;
        expect([...steps.subarray(0, common)], `image ${n}`).toEqual([...theirs.slice(0, common)]);
      });
      for (let n = 0; n < N; n++) {
        const r = portable.perturbation.subarray(n * size, (n + 1) * size);
        expect(r.some((value) => value !== 0)).toBe(true);
        const largest = r.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        r.forEach((value, i) => {
          const difference = Math.abs(ours.perturbation[n * size + i] - value);
          expect(difference).toBeLessThanOrEqual(
            engine.backend === "webgpu" ? 2 * (size + 2) * 2 ** -24 * largest : 2 ** -23 * Math.abs(value),
          );
        });
      }
    });

    test("starts from given labels, and stops at once where they are not the prediction", async () => {
      const network = exactNetwork(6);
      const images = imagesOf(network, 4);
      using engine = await under.create(network, input);
      const { labels } = await engine.logits(images);
      const request: DeepfoolRequest = {
        profile: "lts4",
        norm: 2,
        classes: 6,
        steps: 5,
        overshoot: 0.02,
        labels: labels.map((label, n) => (n % 2 === 0 ? label : (label + 1) % 6)),
        trace: true,
      };
      const ours = await engine.deepfool!(images, request);
      const portable = await deepfoolLoop(engine, images, request);
      expect(ours.labels).toEqual(portable.labels);
      expect(ours.newLabels).toEqual(portable.newLabels);
      expect(ours.iterations).toEqual(portable.iterations);
      expect([...ours.iterations].map((steps) => steps > 0)).toEqual([true, false, true, false]);
    });
  },
);
