/**
 * What `weights: "float16"` costs in accuracy on the pretrained networks of `../shared`: the network against the one
 * with rounded weights, both in float32 on the wasm engine. That the webgpu engine computes the latter, bit by bit, is
 * what test/engines/webgpu_half.test.ts says.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { createWasmEngine } from "../src/engines/wasm/engine.js";
import { buildNetwork } from "../src/network/build.js";
import { openModel } from "../src/network/import/open_model.js";
import { resolveInput } from "../src/network/input.js";
import { networkWithHalves } from "../test/support/half_weights.js";
import { readImages } from "./images.js";
import { describeMachine } from "./machine.js";
import { nodeFiles, shared } from "./node_files.js";
import { machineText } from "./runtime.js";
import { digits, formatTable } from "./table.js";

const MODELS = [
  "mnist_cnn/tfjs_layers/model.json",
  "thirdparty_advjs_mnist_dnn/mnist_dnn.json",
  "thirdparty_fashion_mlp/model.json",
  "thirdparty_advjs_cifar10_cnn/cifar10_cnn.json",
  "cifar10_resnet20/tfjs_layers/model.json",
  "imagenet_squeezenet1_1/tfjs_layers/model.json",
  "imagenet_mobilenetv2/tfjs_layers/model.json",
  "thirdparty_nsfwjs_mobilenet_v2/model.json",
];

interface Row {
  readonly model: string;
  readonly images: number;
  /** Of each image: error of the logits by their norm. */
  readonly logits: readonly number[];
  readonly changed: number;
  /** Of each gradient: error by its norm. */
  readonly gradients: readonly number[];
}

async function measure(file: string, most: number, mostGradients: number): Promise<Row> {
  const [model] = file.split("/");
  const { imageSet, preprocessing } = JSON.parse(
    await readFile(`${shared}/models/${model}/reference.json`, "utf8"),
  );
  const network = buildNetwork(await openModel(`${shared}/models/${file}`));
  const { mean, std } = preprocessing;
  const input = resolveInput({ mean, std }, network.input.shape.at(-1) as number);
  const { values, count } = await readImages(nodeFiles, `${shared}/images/${imageSet}`, most);
  const some = values.subarray(0, (values.length / count) * Math.min(count, mostGradients));
  using full = await createWasmEngine(network, input, { threads: "auto" });
  using half = await createWasmEngine(networkWithHalves(network), input, { threads: "auto" });
  const [a, b] = [await full.logits(values), await half.logits(values)];
  const rows = await full.jacobian(some, { classes: Math.min(10, network.classes) });
  const others = await half.jacobian(some, { classes: rows.classes });
  return {
    model,
    images: count,
    logits: distances(a.logits, b.logits, network.classes),
    changed: a.labels.filter((label, n) => label !== b.labels[n]).length,
    gradients: distances(rows.values, others.values, values.length / count),
  };
}

/** `||a - b|| / ||a||` of each row. */
function distances(a: Float32Array, b: Float32Array, length: number): number[] {
  return Array.from({ length: a.length / length }, (_, row) => {
    let [distance, norm] = [0, 0];
    for (let i = row * length; i < (row + 1) * length; i++) {
      distance += (a[i] - b[i]) ** 2;
      norm += a[i] ** 2;
    }
    return norm === 0 ? 0 : Math.sqrt(distance / norm);
  }).sort((x, y) => x - y);
}

const at = (sorted: readonly number[], share: number): string =>
  digits(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))], 2);

const { values: options } = parseArgs({
  options: {
    images: { type: "string", default: "2000" },
    gradients: { type: "string", default: "20" },
  },
});
console.log(`${machineText(describeMachine())}\n`);
const rows: Row[] = [];
for (const file of MODELS)
  if (existsSync(`${shared}/models/${file}`)) {
    console.error(file);
    rows.push(await measure(file, Number(options.images), Number(options.gradients)));
  }
console.log(
  formatTable<Row>(
    [
      { title: "model", align: "left", cell: ({ model }) => model },
      { title: "logits: median", cell: ({ logits }) => at(logits, 0.5) },
      { title: "largest", cell: ({ logits }) => at(logits, 1) },
      { title: "other labels", cell: ({ changed, images }) => `${changed} of ${images}` },
      { title: "gradients: median", cell: ({ gradients }) => at(gradients, 0.5) },
      { title: "95 %", cell: ({ gradients }) => at(gradients, 0.95) },
      { title: "largest", cell: ({ gradients }) => at(gradients, 1) },
    ],
    rows,
  ),
);
