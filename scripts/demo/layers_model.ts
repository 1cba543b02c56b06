/** Writes the network as a tfjs LayersModel: `model.json` and one file of weights. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
import { SIDE } from "../../src/demo/photograph.js";
import { type Architecture, type ConvLayer, EPSILON, type Parameters } from "./resnet.js";
import { tf } from "./tf.js";

/** The same network in tf.layers, with the weights that `parameters` holds. */
export function layersModel({ stem, blocks, classes }: Architecture, parameters: Parameters): LayersModel {
  const input = tf.input({ shape: [SIDE, SIDE, 3], name: "image" });
  const conv = (x: SymbolicTensor, { name, kernel, stride, filters }: ConvLayer): SymbolicTensor => {
    const layer = tf.layers.conv2d({
      name,
      filters,
      kernelSize: kernel,
      strides: stride,
      padding: "same",
      useBias: false,
      kernelInitializer: "zeros",
    });
    const norm = tf.layers.batchNormalization({ name: `${name}_bn`, epsilon: EPSILON });
    return norm.apply(layer.apply(x)) as SymbolicTensor;
  };
  const relu = (x: SymbolicTensor, name: string): SymbolicTensor =>
    tf.layers.activation({ activation: "relu", name: `${name}_relu` }).apply(x) as SymbolicTensor;

  let x = relu(conv(input, stem), stem.name);
  for (const { name, first, second, shortcut } of blocks) {
    const inner = conv(relu(conv(x, first), first.name), second);
    const past = shortcut ? conv(x, shortcut) : x;
    x = relu(tf.layers.add({ name: `${name}_add` }).apply([inner, past]) as SymbolicTensor, name);
  }
  const pooled = tf.layers.globalAveragePooling2d({ name: "pool", dataFormat: "channelsLast" }).apply(x);
  const output = tf.layers
    .dense({ name: "logits", units: classes, kernelInitializer: "zeros" })
    .apply(pooled) as SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: output, name: "demo_resnet8" });

  for (const layer of model.layers) {
    if (layer.weights.length === 0) continue;
    layer.setWeights(
      layer.weights.map((weight) => {
        const parameter = parameters.get(weight.originalName);
        if (!parameter) throw new Error(`layersModel: no weight ${weight.originalName}`);
        return tf.tensor(parameter.values, parameter.shape);
      }),
    );
  }
  return model;
}

export async function saveLayersModel(model: LayersModel, folder: string): Promise<void> {
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
      const description = {
        format: "layers-model",
        generatedBy: `tfjs ${tf.version.tfjs}`,
        convertedBy: null,
        modelTopology,
        weightsManifest,
      };
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "model.json"), `${JSON.stringify(description)}\n`);
      writeFileSync(join(folder, "weights.bin"), new Uint8Array(weightData as ArrayBuffer));
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    }),
  );
}
