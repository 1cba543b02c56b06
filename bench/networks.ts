import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { buildNetwork } from "../src/network/build.js";
import { openModel } from "../src/network/import/open_model.js";
import { type InputTransform, resolveInput } from "../src/network/input.js";
import type { Network, NetworkSpec } from "../src/network/spec.js";
import { drawImages, type Images, readImages } from "./images.js";
import { resnet20, squeezenet } from "./small_networks.js";
import { vgg16 } from "./vgg16.js";

/** A network to measure, with images for it and, where they are at hand, results computed elsewhere. */
export interface BenchNetwork {
  readonly name: string;
  readonly network: Network;
  readonly input: InputTransform;
  readonly images: Images;
  /** Folder or description of the weights. */
  readonly source: string;
  /** The same model for ONNX Runtime; its inputs are normalised, NCHW. */
  readonly onnx?: string;
  readonly known?: KnownResults;
}

/** Results of another implementation on the first images. */
export interface KnownResults {
  /** `[images][classes]`. */
  readonly logits?: Float32Array;
  /** `[images][rows][H][W][C]` with the classes of the rows, `[images][rows]`. */
  readonly jacobian?: { readonly values: Float32Array; readonly classes: Int32Array };
}

interface Source {
  readonly name: string;
  /** What a run without `--networks` takes: always, or only with `--full`. */
  readonly inDefault: boolean;
  /** The pretrained network that it stands in for, where that is not at hand and a GPU is measured. */
  readonly standsFor?: string;
  readonly available: () => boolean;
  readonly load: (images: number) => Promise<BenchNetwork>;
}

/** The checkout; `run.mjs` knows where it is, the bundle does not. */
export const root = process.env.UNIFOOL_ROOT ?? `${process.cwd()}/`;
const shared = process.env.UNIFOOL_SHARED ?? `${root}../shared`;

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

export const sources: readonly Source[] = [
  {
    name: "demo",
    inDefault: true,
    available: () => existsSync(`${root}demo/model/model.json`),
    load: loadDemo,
  },
  pretrained("resnet20", "cifar10_resnet20", "resnet20.onnx", "cifar10_test"),
  pretrained("squeezenet", "imagenet_squeezenet1_1", "squeezenet1_1.onnx", "imagenet_sample"),
  pretrained("mobilenetv2", "imagenet_mobilenetv2", "mobilenetv2.onnx", "imagenet_sample"),
  withHeWeights("vgg16", undefined, () => vgg16(16)),
  withHeWeights("resnet20-he", "resnet20", () => resnet20(20)),
  withHeWeights("squeezenet-he", "squeezenet", () => squeezenet(11)),
];

async function loadDemo(count: number): Promise<BenchNetwork> {
  const folder = `${root}demo/images`;
  const meta = JSON.parse(await readFile(`${folder}/meta.json`, "utf8")) as {
    preprocessing?: { mean: number[]; std: number[] };
  };
  const network = buildNetwork(await openModel(`${root}demo/model/model.json`));
  return {
    name: "demo",
    network,
    input: resolveInput(
      { mean: meta.preprocessing?.mean, std: meta.preprocessing?.std },
      network.input.shape[2],
    ),
    images: await readImages(folder, count),
    source: "demo/model",
  };
}

function pretrained(name: string, model: string, onnx: string, imageSet: string): Source {
  const folder = `${shared}/models/${model}`;
  return {
    name,
    inDefault: true,
    available: () => existsSync(`${folder}/tfjs_layers/model.json`),
    async load(count) {
      const network = buildNetwork(await openModel(`${folder}/tfjs_layers/model.json`));
      const hasImages = existsSync(`${shared}/images/${imageSet}/images.bin`);
      const images = hasImages
        ? await readImages(`${shared}/images/${imageSet}`, count)
        : drawImages(network.input.shape, count, 1);
      return {
        name,
        network,
        input: resolveInput(IMAGENET, 3),
        images,
        source: `models/${model}`,
        onnx: existsSync(`${folder}/${onnx}`) ? `${folder}/${onnx}` : undefined,
        known: hasImages ? await readKnown(model) : undefined,
      };
    },
  };
}

async function readKnown(model: string): Promise<KnownResults> {
  const { values } = JSON.parse(await readFile(`${shared}/models/${model}/reference.json`, "utf8")) as {
    values: number[][];
  };
  const logits = Float32Array.from(values.flat());
  const golden = `${shared}/golden/${model}`;
  if (!existsSync(`${golden}/jacobian.bin`)) return { logits };
  const bytes = await readFile(`${golden}/jacobian.bin`);
  const rows = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const { jacobian } = JSON.parse(await readFile(`${golden}/golden.json`, "utf8")) as {
    jacobian: { classes: number[][] };
  };
  return { logits, jacobian: { values: rows, classes: Int32Array.from(jacobian.classes.flat()) } };
}

/** A network whose shapes are what is measured. */
function withHeWeights(name: string, standsFor: string | undefined, spec: () => NetworkSpec): Source {
  return {
    name,
    inDefault: false,
    standsFor,
    available: () => true,
    async load(count) {
      const network = buildNetwork(spec());
      const { shape } = network.input;
      const folder = `${shared}/images/${shape[0] === 32 ? "cifar10_test" : "imagenet_sample"}`;
      const images = existsSync(`${folder}/images.bin`)
        ? await readImages(folder, count)
        : drawImages(shape, count, 1);
      return {
        name,
        network,
        input: resolveInput(IMAGENET, 3),
        images,
        source: `${name}, seeded He weights`,
      };
    },
  };
}
