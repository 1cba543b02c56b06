import { buildNetwork } from "../src/network/build.js";
import { openModel } from "../src/network/import/open_model.js";
import { type InputTransform, resolveInput } from "../src/network/input.js";
import type { Network, NetworkSpec } from "../src/network/spec.js";
import { convnext } from "./convnext.js";
import { efficientnet } from "./efficientnet.js";
import { type Files, readJson } from "./files.js";
import { drawImages, type Images, readImages } from "./images.js";
import { resnet20, squeezenet, tiny } from "./small_networks.js";
import { vgg16 } from "./vgg16.js";
import { VIT_TINY, vit } from "./vit.js";

/** A network to measure, with images for it and, where they are at hand, results computed elsewhere. */
export interface BenchNetwork {
  readonly name: string;
  readonly network: Network;
  readonly input: InputTransform;
  readonly images: Images;
  /** Folder or description of the weights. */
  readonly source: string;
  /** The same model as a file for ONNX Runtime, where there is one; its inputs are normalised, NCHW. */
  readonly onnx?: () => Promise<Uint8Array>;
  readonly known?: KnownResults;
}

/** Results of another implementation on the first images. */
export interface KnownResults {
  /** `[images][classes]`. */
  readonly logits?: Float32Array;
  /** `[images][rows][H][W][C]` with the classes of the rows, `[images][rows]`. */
  readonly jacobian?: { readonly values: Float32Array; readonly classes: Int32Array };
}

/** A network that can be loaded, or could be. */
export interface Source {
  readonly name: string;
  /** What a run without `--networks` takes: always, or only with `--full`. */
  readonly inDefault: boolean;
  /** The pretrained network that it stands in for, where that is not at hand and a GPU is measured. */
  readonly standsFor?: string;
  readonly available: () => Promise<boolean>;
  readonly load: (images: number) => Promise<BenchNetwork>;
}

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/** All networks, read from where `files` says. */
export function networkSources(files: Files): readonly Source[] {
  return [
    {
      name: "demo",
      inDefault: true,
      available: () => files.has("demo/model/model.json"),
      load: (count) => loadDemo(files, count),
    },
    pretrained(files, "resnet20", "cifar10_resnet20", "resnet20.onnx", "cifar10_test"),
    pretrained(files, "squeezenet", "imagenet_squeezenet1_1", "squeezenet1_1.onnx", "imagenet_sample"),
    pretrained(files, "mobilenetv2", "imagenet_mobilenetv2", "mobilenetv2.onnx", "imagenet_sample"),
    withHeWeights(files, "vgg16", undefined, () => vgg16(16)),
    withHeWeights(files, "resnet20-he", "resnet20", () => resnet20(20)),
    withHeWeights(files, "squeezenet-he", "squeezenet", () => squeezenet(11)),
    withHeWeights(files, "tiny", undefined, () => tiny(7)),
    withHeWeights(files, "vit_tiny", undefined, () => vit(5, VIT_TINY)),
    withHeWeights(files, "efficientnet_b0", undefined, () => efficientnet(6)),
    withHeWeights(files, "convnext_tiny", undefined, () => convnext(8)),
  ];
}

async function loadDemo(files: Files, count: number): Promise<BenchNetwork> {
  const folder = "demo/images";
  const { preprocessing } = await readJson<{ preprocessing?: { mean: number[]; std: number[] } }>(
    files,
    `${folder}/meta.json`,
  );
  const network = buildNetwork(await openModel(files.place("demo/model/model.json")));
  return {
    name: "demo",
    network,
    input: resolveInput({ mean: preprocessing?.mean, std: preprocessing?.std }, network.input.shape[2]),
    images: await readImages(files, folder, count),
    source: "demo/model",
  };
}

function pretrained(files: Files, name: string, model: string, onnx: string, imageSet: string): Source {
  const folder = `shared/models/${model}`;
  const layers = `${folder}/tfjs_layers/model.json`;
  const images = `shared/images/${imageSet}`;
  return {
    name,
    inDefault: true,
    available: () => files.has(layers),
    async load(count) {
      const network = buildNetwork(await openModel(files.place(layers)));
      const hasImages = await files.has(`${images}/images.bin`);
      const hasOnnx = await files.has(`${folder}/${onnx}`);
      return {
        name,
        network,
        input: resolveInput(IMAGENET, 3),
        images: hasImages
          ? await readImages(files, images, count)
          : drawImages(network.input.shape, count, 1),
        source: `models/${model}`,
        onnx: hasOnnx ? () => files.bytes(`${folder}/${onnx}`) : undefined,
        known: hasImages ? await readKnown(files, model) : undefined,
      };
    },
  };
}

async function readKnown(files: Files, model: string): Promise<KnownResults> {
  const { values } = await readJson<{ values: number[][] }>(files, `shared/models/${model}/reference.json`);
  const logits = Float32Array.from(values.flat());
  const golden = `shared/golden/${model}`;
  if (!(await files.has(`${golden}/jacobian.bin`))) return { logits };
  const bytes = await files.bytes(`${golden}/jacobian.bin`);
  const rows = new Float32Array(bytes.slice().buffer);
  const { jacobian } = await readJson<{ jacobian: { classes: number[][] } }>(files, `${golden}/golden.json`);
  return { logits, jacobian: { values: rows, classes: Int32Array.from(jacobian.classes.flat()) } };
}

/** A network whose shapes are what is measured. */
function withHeWeights(
  files: Files,
  name: string,
  standsFor: string | undefined,
  spec: () => NetworkSpec,
): Source {
  return {
    name,
    inDefault: false,
    standsFor,
    available: async () => true,
    async load(count) {
      const network = buildNetwork(spec());
      const { shape } = network.input;
      const folder = IMAGES_OF_SIZE[shape[0]];
      const hasImages = folder !== undefined && (await files.has(`${folder}/images.bin`));
      return {
        name,
        network,
        input: resolveInput(IMAGENET, 3),
        images: hasImages ? await readImages(files, folder, count) : drawImages(shape, count, 1),
        source: `${name}, seeded He weights`,
      };
    },
  };
}

/** Photographs, by their height; other sizes are drawn. */
const IMAGES_OF_SIZE: Readonly<Record<number, string>> = {
  32: "shared/images/cifar10_test",
  224: "shared/images/imagenet_sample",
};
