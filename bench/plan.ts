import { type Case, OPS } from "./case.js";
import type { EngineName } from "./engine_names.js";
import type { Source } from "./networks.js";
import type { Options } from "./options.js";

/** One case and who takes part in it. */
export interface Group {
  readonly case: Case;
  readonly engines: readonly EngineName[];
}

const OURS = ["wasm-simd", "wasm-relaxed"] as const;
const NATIVE = [...OURS, "torch"] as const;
/** Where a second variant of ours would say nothing new. */
const FASTEST = ["wasm-relaxed", "torch"] as const;
const ALL = [...OURS, "tfjs-wasm", "tfjs-cpu", "onnxruntime", "torch"] as const;

type Row = readonly [op: Case["op"], batch: number, classes: number, engines: readonly EngineName[]];

/** One image of a network that is measured when it is named. */
const ONE_IMAGE: readonly Row[] = [
  ["logits", 1, 0, [...OURS, "onnxruntime", "torch"]],
  ["gradient", 1, 1, NATIVE],
  ["jacobian", 1, 10, NATIVE],
];

/** What a run without options measures: enough to compare with every peer. */
const DEFAULT: Readonly<Record<string, readonly Row[]>> = {
  demo: [
    ["logits", 1, 0, [...OURS, "tfjs-wasm", "torch"]],
    ["jacobian", 1, 10, [...OURS, "tfjs-wasm", "torch"]],
    ["deepfool", 64, 10, FASTEST],
  ],
  resnet20: [
    ["logits", 1, 0, ALL],
    ["logits", 32, 0, [...FASTEST, "onnxruntime"]],
    ["gradient", 1, 1, [...OURS, "tfjs-wasm", "tfjs-grad", "torch"]],
    ["gradient", 8, 1, NATIVE],
    ["gradient", 32, 1, [...OURS, "tfjs-grad", "torch"]],
    ["gradient", 128, 1, NATIVE],
    ["jacobian", 1, 4, FASTEST],
    ["jacobian", 1, 10, [...ALL, "tfjs-grad"]],
    ["jacobian", 8, 10, [...OURS, "tfjs-wasm", "tfjs-grad", "torch"]],
    ["jacobian", 32, 10, NATIVE],
    ["deepfool_step", 1, 10, FASTEST],
    ["deepfool", 64, 10, NATIVE],
    ["deepfool_foolbox", 64, 10, ["wasm-relaxed", "foolbox"]],
    ["uap_pass", 0, 10, FASTEST],
  ],
  squeezenet: [
    ["logits", 1, 0, [...OURS, "onnxruntime", "torch"]],
    ["gradient", 1, 1, NATIVE],
    ["gradient", 8, 1, NATIVE],
    ["jacobian", 1, 4, ["wasm-relaxed"]],
    ["jacobian", 1, 10, NATIVE],
    ["jacobian", 1, 32, ["wasm-relaxed"]],
  ],
  mobilenetv2: [
    ["logits", 1, 0, [...OURS, "onnxruntime", "torch"]],
    ["gradient", 1, 1, NATIVE],
    ["gradient", 8, 1, NATIVE],
    ["jacobian", 1, 10, NATIVE],
  ],
  vgg16: [
    ["logits", 1, 0, NATIVE],
    ["jacobian", 1, 10, NATIVE],
  ],
  vit_tiny: ONE_IMAGE,
  efficientnet_b0: ONE_IMAGE,
  convnext_tiny: ONE_IMAGE,
};

/** What there is on a GPU. */
const ON_GPU = ["webgpu", "tfjs-webgpu", "tfjs-webgpu-grad", "torch-cuda"] as const;

/** What `--gpu` measures: latency at one image, throughput at many. */
const GPU: Readonly<Record<string, readonly Row[]>> = {
  demo: [
    ["jacobian", 64, 10, ON_GPU],
    ["deepfool", 500, 10, ["webgpu", "torch-cuda"]],
  ],
  resnet20: [
    ["logits", 1, 0, ON_GPU],
    ["logits", 64, 0, ON_GPU],
    ["gradient", 1, 1, [...ON_GPU, "wasm-relaxed"]],
    ["gradient", 128, 1, [...ON_GPU, "wasm-relaxed"]],
    ["jacobian", 1, 10, [...ON_GPU, "wasm-relaxed"]],
    ["jacobian", 64, 10, [...ON_GPU, "wasm-relaxed"]],
    ["deepfool", 500, 10, ["webgpu", "torch-cuda"]],
  ],
  squeezenet: [
    ["logits", 1, 0, ON_GPU],
    ["logits", 64, 0, ON_GPU],
    ["gradient", 1, 1, ON_GPU],
    ["gradient", 64, 1, ["webgpu", "torch-cuda"]],
    ["jacobian", 1, 10, [...ON_GPU, "webgpu-f16w", "wasm-relaxed"]],
    ["jacobian", 64, 10, ["webgpu", "tfjs-webgpu", "torch-cuda"]],
    ["deepfool", 64, 10, ["webgpu", "torch-cuda"]],
  ],
  mobilenetv2: [
    ["logits", 1, 0, ["webgpu", "torch-cuda"]],
    ["logits", 64, 0, ["webgpu", "torch-cuda"]],
    ["gradient", 1, 1, ["webgpu", "torch-cuda"]],
    ["gradient", 64, 1, ["webgpu", "torch-cuda"]],
    ["jacobian", 1, 10, ["webgpu", "torch-cuda"]],
    ["jacobian", 16, 10, ["webgpu", "torch-cuda"]],
  ],
  vgg16: [
    ["logits", 1, 0, [...ON_GPU, "webgpu-f16w"]],
    ["jacobian", 1, 10, [...ON_GPU, "webgpu-f16w"]],
    ["jacobian", 64, 10, ["webgpu", "webgpu-f16w", "torch-cuda"]],
  ],
};

/** Whoever there is in Node or in a page; who cannot take part says why. */
const EVERYBODY = [
  "reference",
  ...OURS,
  "webgpu",
  ...(["tfjs-cpu", "tfjs-wasm", "tfjs-webgl", "tfjs-webgpu", "onnxruntime"] as const),
] as const;

/** What `--across` measures, in Node and in browsers alike. */
const ACROSS: Readonly<Record<string, readonly Row[]>> = {
  tiny: [
    ["logits", 1, 0, EVERYBODY],
    ["gradient", 1, 1, EVERYBODY],
    ["jacobian", 1, 10, EVERYBODY],
    ["deepfool_step", 8, 10, EVERYBODY],
  ],
  demo: [
    ["logits", 1, 0, EVERYBODY],
    ["jacobian", 1, 10, EVERYBODY],
    ["jacobian", 32, 10, EVERYBODY],
    ["deepfool", 64, 10, [...OURS, "webgpu"]],
  ],
  resnet20: [
    ["logits", 1, 0, EVERYBODY],
    ["logits", 32, 0, EVERYBODY],
    ["gradient", 1, 1, EVERYBODY],
    ["jacobian", 1, 10, EVERYBODY],
    ["jacobian", 8, 10, EVERYBODY],
    ["deepfool", 64, 10, [...OURS, "webgpu"]],
  ],
  squeezenet: [
    ["logits", 1, 0, EVERYBODY],
    ["jacobian", 1, 10, EVERYBODY],
  ],
};

/** What takes seconds a Jacobian of a ResNet: `--across` has it. */
const SLOWEST: readonly EngineName[] = ["reference", "tfjs-cpu"];

/** Of one image: what there is time for where shaders are compiled for a software GPU. */
const LATENCY: readonly Row[] = [
  ["logits", 1, 0, EVERYBODY],
  ["jacobian", 1, 10, EVERYBODY.filter((engine) => !SLOWEST.includes(engine))],
];

const QUICK: Readonly<Record<string, readonly Row[]>> = {
  demo: LATENCY,
  resnet20: LATENCY,
  tiny: ACROSS.tiny.filter(([op]) => op === "logits" || op === "jacobian"),
};

/** What takes the place of our fastest variant in a Node that has no relaxed SIMD. */
function withoutFusing(engine: EngineName): EngineName {
  return engine === "wasm-relaxed" ? "wasm-simd" : engine;
}

/**
 * The cases to run on the given networks. Naming operations, batches or classes asks for all their combinations, with
 * every engine that is asked for; `--full` for all combinations of the usual ones.
 *
 * @param fused whether this Node has relaxed SIMD
 */
export function planGroups(options: Options, networks: readonly string[], fused = true): Group[] {
  const { ops, batches, classes, full, quick, gpu, across } = options;
  const engines = (usual: readonly EngineName[]): readonly EngineName[] =>
    options.engines ?? (fused || quick || across ? usual : [...new Set(usual.map(withoutFusing))]);
  if (!ops && !batches && !classes && !full) {
    const plan = gpu ? GPU : quick ? QUICK : across ? ACROSS : DEFAULT;
    return networks.flatMap((network) =>
      (plan[network.replace(/-he$/, "")] ?? (gpu || quick || across ? [] : DEFAULT[network]) ?? []).flatMap(
        ([op, batch, k, who]) =>
          (op === "uap_pass" ? universalSizes(options) : [{ batch }]).map((sizes) => ({
            case: { op, network, ...sizes, classes: k },
            engines: engines(who),
          })),
      ),
    );
  }
  const groups: Group[] = [];
  for (const network of networks)
    for (const op of ops ?? OPS) {
      const batchesOf =
        op === "deepfool" || op === "deepfool_foolbox" ? [batches?.[0] ?? 64] : (batches ?? [1, 8, 32]);
      const sizes = op === "uap_pass" ? universalSizes(options) : batchesOf.map((batch) => ({ batch }));
      for (const size of sizes)
        for (const k of op === "logits"
          ? [0]
          : op === "gradient"
            ? [1]
            : op === "jacobian"
              ? (classes ?? [4, 10, 32])
              : [10]) {
          // TensorFlow.js takes a second for what takes the others milliseconds.
          const { batch } = size;
          const slow = batch > 8 || k > 10 || (network !== "demo" && network !== "resnet20");
          const usual = slow ? ([...OURS, "onnxruntime", "torch"] as const) : ALL;
          const who = op === "deepfool_foolbox" ? ([...OURS, "foolbox"] as const) : usual;
          // The large network runs for seconds an image.
          if (network === "vgg16" && !ops && (batch > 8 || op.startsWith("deepfool") || op === "uap_pass"))
            continue;
          groups.push({ case: { op, network, ...size, classes: k }, engines: engines(who) });
        }
    }
  return groups;
}

function universalSizes({ uapImages, uapPasses }: Options): Pick<Case, "batch" | "passes">[] {
  return uapPasses.map((passes) => ({ batch: uapImages, passes }));
}

/**
 * Threads of our engine that are measured: none, and one for each of up to two processors.
 *
 * @param cores processors, and so threads that there can be; 1 where memory cannot be shared
 */
export function planThreads({ threads, gpu }: Options, cores: number): readonly number[] {
  if (threads) return threads;
  if (gpu) return [0];
  return cores > 1 ? [0, 2] : [0];
}

/** Of what there is, the networks that a run without `--networks` takes. */
export function planNetworks(options: Options, there: readonly Source[]): string[] {
  const has = (name: string): boolean => there.some((s) => s.name === name);
  if (options.gpu) return there.filter((s) => !(s.standsFor && has(s.standsFor))).map((s) => s.name);
  const resnet = has("resnet20") ? "resnet20" : "resnet20-he";
  if (options.quick) return [resnet, "tiny"];
  if (options.across) return ["tiny", "demo", resnet, ...(has("squeezenet") ? ["squeezenet"] : [])];
  return there.filter((s) => (options.full && !s.standsFor) || s.inDefault).map((s) => s.name);
}
