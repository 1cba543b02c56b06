import { describe, expect, test } from "vitest";
import type { DeepfoolRequest } from "../../src/engines/engine.js";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { segmentBytes } from "../../src/engines/wasm/plan/layout.js";
import { lower } from "../../src/engines/wasm/plan/lowerings.js";
import { planProgram } from "../../src/engines/wasm/plan/program.js";
import { TUNING, type Tuning } from "../../src/kernels/wasm/tuning.js";
import { fuse } from "../../src/network/fuse.js";
import { resolveInput } from "../../src/network/input.js";
import { simplify } from "../../src/network/simplify.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { randomImages } from "../support/random_network.js";
import { casesWith } from "./cases.js";
import { compareWithOracle, type Expectation, expectationOf, expectSameBits } from "./comparison.js";
import { variants } from "./engines.js";
import { imagesOf, mixedNetwork } from "./mixed_network.js";

/** As far as each threshold goes, either way. */
const EXTREMES: Readonly<Record<keyof Tuning, readonly [low: number, high: number]>> = {
  winogradChannels: [1, Infinity],
  winogradOutputs: [1, Infinity],
  winogradBytes: [0, Infinity],
  winogradPatches: [1, Infinity],
  sparseShare: [0, 1],
  liveShare: [0, Infinity],
  liveOverhead: [0, Infinity],
  liveTerms: [1, Infinity],
  vjpBlockBytes: [0, Infinity],
  vjpBlockStep: [4, 64],
  vjpBlockChannels: [4, Infinity],
  vjpWindows: [1, 64],
  groupForwardBytes: [0, Infinity],
  groupVjpBytes: [0, Infinity],
  groupListBytes: [0, Infinity],
  imageBytes: [0, 2 ** 30],
  deepfoolImages: [1, 1024],
  deepfoolBytes: [0, 2 ** 24],
  deepfoolPasses: [1, 2 ** 16],
  deepfoolSlice: [0, 1e6],
};

/** Thresholds that decide by which algorithm, or in which order, terms are added; of the others no bit shows. */
const ROUNDING: readonly (keyof Tuning)[] = [
  "winogradChannels",
  "winogradOutputs",
  "vjpBlockBytes",
  "vjpBlockStep",
  "vjpBlockChannels",
];

/** What else it takes for a threshold to matter in networks of a test's size. */
const BESIDE: Partial<Record<keyof Tuning, Partial<Tuning>>> = {
  liveShare: { liveTerms: 1 },
  liveOverhead: { liveTerms: 1 },
  liveTerms: { liveShare: Infinity },
  winogradOutputs: { winogradChannels: 1 },
  winogradBytes: { winogradChannels: 1, winogradPatches: 1 },
  winogradPatches: { winogradChannels: 1, winogradBytes: 0 },
  vjpBlockStep: { vjpBlockBytes: 0, vjpBlockChannels: 4 },
  vjpBlockChannels: { vjpBlockBytes: 0 },
};

const thresholds = Object.keys(EXTREMES) as (keyof Tuning)[];
const ofLoop = (threshold: keyof Tuning): boolean => threshold.startsWith("deepfool");
/** It takes several threads to have several images. */
const ofThreads = (threshold: keyof Tuning): boolean => threshold === "imageBytes";

/** Layers wider than those of operators' cases: several strips, blocks of channels, parts of filters, chunks of groups. */
const WIDE: Readonly<Record<string, (net: NetworkBuilder) => string>> = {
  "3x3, 20 channels to 32": (net) => {
    const stem = net.relu(net.conv(net.input, { filters: 20 }));
    return net.relu(net.conv(net.relu(net.conv(stem, { filters: 32 })), { filters: 16 }));
  },
  "8 groups": (net) => {
    const stem = net.relu(net.conv(net.input, { filters: 32 }));
    const even = net.relu(net.conv(stem, { filters: 32, groups: 8 }));
    return net.relu(net.conv(even, { filters: 48, groups: 8 }));
  },
};
const wide = Object.entries(WIDE).map(([name, grow]) => {
  const net = new NetworkBuilder([9, 10, 3], 3);
  const spec = net.build(net.gemm(net.add({ op: "GlobalAveragePool" }, grow(net)), 5));
  return expectationOf(name, spec, (network, attempt) => randomImages(network, 1, attempt), 2, 64);
});

/** Of the cases with a convolution one in so many is taken. */
const SAMPLE = 8;
const sample = casesWith(1)
  .filter(({ spec }) => spec.nodes.some(({ op }) => op === "Conv"))
  .filter((_, i) => i % SAMPLE === 0);

/** All that a program is: its plan and the first contents of its memory. */
function programOf({ network, input }: Expectation, tuning: Tuning): Buffer {
  const { plan, segments } = planProgram(lower(fuse(simplify(network))), input, 0, tuning);
  return Buffer.concat([Buffer.from(JSON.stringify(plan)), ...segments.map(segmentBytes)]);
}

describe.each(thresholds.filter((threshold) => !ofLoop(threshold) && !ofThreads(threshold)))(
  "%s",
  (threshold) => {
    const [low, high] = EXTREMES[threshold].map((value) => ({
      ...TUNING,
      ...BESIDE[threshold],
      [threshold]: value,
    }));

    /** Packed weights and all: of no variant, so that both share it. */
    let changed: readonly Expectation[] | undefined;
    const touchedBy = (): readonly Expectation[] => {
      changed ??= [...wide, ...sample.map(({ expectation }) => expectation())].filter(
        (expected) => !programOf(expected, low).equals(programOf(expected, high)),
      );
      return changed;
    };

    test.each(variants)(
      "operators equal the oracle within the float32 bound at both ends, %s",
      async (variant) => {
        const options = { threads: 0, deterministic: variant === "simd" };
        const exceptions: string[] = [];
        const touched = touchedBy();
        for (const expected of touched) {
          const { name, network, input, images, classes } = expected;
          const answers = [];
          for (const tuning of [low, high]) {
            using engine = await createWasmEngine(network, input, options, tuning);
            exceptions.push(...(await compareWithOracle(engine, expected, [3, 10])));
            answers.push(await engine.jacobian(images, { classes }));
          }
          if (ROUNDING.includes(threshold)) continue;
          const [first, second] = answers;
          expectSameBits(first.logits, second.logits, `${name}: logits`);
          expectSameBits(first.values, second.values, `${name}: gradients`);
        }
        expect(touched.length).toBeGreaterThan(0);
        expect(exceptions.length, exceptions.join("\n")).toBeLessThanOrEqual(
          Math.ceil(0.005 * touched.length),
        );
      },
    );
  },
);

describe("DeepFool has the same bits at both ends", () => {
  const network = mixedNetwork(12);
  const input = resolveInput({ mean: 0.25, std: 0.5 }, 3);
  const images = imagesOf(network, 5);
  const request: DeepfoolRequest = {
    norm: 2,
    profile: "lts4",
    classes: 10,
    steps: 8,
    overshoot: 0.02,
    trace: true,
  };
  const run = async (tuning: Partial<Tuning>) => {
    using engine = await createWasmEngine(network, input, { threads: 0, deterministic: true }, tuning);
    return await engine.deepfool!(images, request);
  };

  test.each(thresholds.filter(ofLoop))("%s", async (threshold) => {
    const usual = await run({});
    expect(Math.max(...usual.iterations)).toBeGreaterThan(1);
    for (const value of EXTREMES[threshold]) expect(await run({ [threshold]: value })).toEqual(usual);
  });
});

test("images side by side and one by one have the same bits, with room for some of the passes or for all", async () => {
  const network = mixedNetwork(12);
  const input = resolveInput({ mean: 0.25, std: 0.5 }, 3);
  const images = imagesOf(network, 7);
  const cotangents = Float32Array.from({ length: 7 * 12 }, (_, i) => (i % 5) - 1.5);
  const roomFor = (imageBytes: number) =>
    planProgram(lower(fuse(simplify(network))), input, 2, { ...TUNING, imageBytes }).plan.images.map(
      ({ backward }) => backward.length > 0,
    );
  let [low, high] = [0, 2 ** 30];
  // Where an image's rows of several lanes just do not fit.
  while (high - low > 1)
    if (roomFor((low + high) >> 1)[1]) high = (low + high) >> 1;
    else low = (low + high) >> 1;
  const sizes = [0, low, high];
  expect(sizes.map(roomFor)).toEqual([[true], [true, false], [true, true]]);
  const answers = [];
  for (const imageBytes of sizes) {
    using engine = await createWasmEngine(
      network,
      input,
      { threads: 2, deterministic: true },
      { imageBytes },
    );
    const { logits } = await engine.logits(images);
    const jacobian = await engine.jacobian(images, { classes: 11 });
    const gradient = await engine.gradient(images, { cotangents, sum: true });
    answers.push({ logits, jacobian, gradient });
  }
  for (const answer of answers) expect(answer).toEqual(answers[0]);
});
