import { describe } from "vitest";
import { type GoldenModel, goldenDeepfoolSuite } from "../api/golden_deepfool.js";
import { goldenUniversalSuite, type UniversalCase, universalTwinSuite } from "../api/golden_universal.js";
import { slow } from "../support/portion.js";
import { hasShared } from "../support/shared.js";
import { chromiumEngines } from "./chromium_engines.js";
import { type EngineUnderTest, variants, wasm, wasmEngines } from "./engines.js";
import { webgpuEngines } from "./webgpu_engines.js";

/** What a run takes of a golden DeepFool run: so many images. */
type Images = (model: GoldenModel, run: string) => number;

/**
 * Images on which rounding decides, by the engine's rounding: the same on every machine. Of the others the fused variant takes
 * image 1 of ResNet-20 through a tie in two runs: the same steps to an r that is 6e-4 and 7e-4 away from the float64 one, as
 * PyTorch's own float32 run of foolbox is.
 */
const TIES: Record<string, Record<string, readonly number[]>> = {
  simd: {
    "cifar10_resnet20 lts4.linf.f64": [53],
    "cifar10_resnet20 lts4.l2.f64.modelinput": [27],
    "cifar10_resnet20 lts4-torch.l2.f64.modelinput": [27],
  },
  relaxed: {
    "cifar10_resnet20 foolbox.l2.f64": [1],
    "cifar10_resnet20 lts4.linf.f64": [52, 53],
    "cifar10_resnet20 lts4-torch.l2.f64": [1],
    "mnist_cnn foolbox.l2.f64": [54],
  },
};

/** Runs of ResNet-20 that engines repeat which have the bits of another or take a second for an image. */
const FEW_RUNS = ["lts4.l2.f64", "foolbox.linf.f64"];

/** Of ResNet-20 the first images; `npm run test:slow` takes them all. */
const first: Images = (model) => (model === "mnist_cnn" ? 64 : 8);
const all: Images = () => 64;
const withThreads: Images = (model, run) => (model === "mnist_cnn" || FEW_RUNS.includes(run) ? 64 : 0);
const oneRun: Images = (model, run) => (model === "mnist_cnn" && run === "lts4.l2.f64" ? 8 : 0);
/** Without a GPU WebGPU takes a second for an image of ResNet-20. */
const onWebgpu: Images = (model, run) => (model === "mnist_cnn" ? 16 : FEW_RUNS.includes(run) ? 4 : 0);
/** In Chromium, where it computes on SwiftShader, several. */
const inChromium: Images = (model, run) =>
  FEW_RUNS.includes(run) ? { mnist_cnn: 16, cifar10_resnet20: 2 }[model] : 0;

/** Engines of the same rounding have the same bits, so only one of each takes everything. */
const TAKES: readonly { name: string; quick: Images | undefined; slow: Images | undefined }[] = [
  { name: "wasm-simd", quick: first, slow: all },
  { name: "wasm-relaxed", quick: first, slow: all },
  { name: "wasm-threads-2", quick: undefined, slow: withThreads },
  { name: "webgpu", quick: oneRun, slow: onWebgpu },
  { name: "webgpu-chromium", quick: undefined, slow: inChromium },
];

const engines: readonly EngineUnderTest[] = [...wasmEngines, ...webgpuEngines, ...chromiumEngines];

describe.skipIf(!hasShared)("attacks against independent implementations", () => {
  if (!hasShared) return;
  for (const take of TAKES) {
    const images = slow ? take.slow : take.quick;
    const under = engines.find(({ name }) => name === take.name);
    if (!under || !images) continue;
    const { name, rounding, create, valuesOf } = under;
    goldenDeepfoolSuite({ name, create, valuesOf, images, ties: TIES[rounding] });
  }
});

/** Of ResNet-20, whose five passes take 2,000 Jacobians a seed, l_inf only. */
const UNIVERSAL: Record<"simd" | "relaxed", readonly UniversalCase[]> = {
  simd: [{ model: "cifar10_resnet20", norm: "linf", passes: 1, seeds: 5 }, ...onMnist(5)],
  relaxed: [{ model: "cifar10_resnet20", norm: "linf", passes: 5, seeds: 5 }, ...onMnist(5)],
};

function onMnist(passes: number): UniversalCase[] {
  return (["linf", "l2"] as const).map((norm) => ({ model: "mnist_cnn", norm, passes, seeds: 8 }));
}

describe.skipIf(!hasShared)("universal perturbations against a port of LTS4's", () => {
  const best = variants.slice(-1)[0];
  for (const variant of slow ? variants : [best]) {
    const { name, create } = wasm(`wasm-${variant}`, variant, 0);
    goldenUniversalSuite(name, create, slow ? UNIVERSAL[variant] : onMnist(1).slice(0, 1));
  }
  for (const { name, create } of slow ? webgpuEngines : [])
    universalTwinSuite(name, create, wasm(`wasm-${best}`, best, 0), 60);
});
