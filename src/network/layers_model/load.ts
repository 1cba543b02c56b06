import { InvalidArgumentError } from "../../errors.js";
import type { NetworkSpec } from "../spec.js";
import { isRecord, rejectModel, valueText } from "./failure.js";
import {
  classNamesOf,
  isLiveLayersModel,
  type LiveLayersModel,
  liveMetadata,
  liveTopology,
  liveWeights,
} from "./live.js";
import { decodeGroup, parseManifest, type Weight } from "./manifest.js";
import { type ModelSource, openSource } from "./source.js";
import { parseTopology } from "./topology.js";
import { unfold } from "./unfold.js";
import { WeightTable } from "./weights.js";

export { isLiveLayersModel, type LiveLayersModel } from "./live.js";

export interface LoadLayersModelOptions {
  /** Per-image shape, for a model that leaves sizes open (`[null, null, null, 3]`). */
  readonly inputShape?: readonly number[];
  /** Stops reading; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called while weights are read: bytes so far, and of how many. */
  readonly onProgress?: (bytes: number, total: number) => void;
}

/**
 * Imports a TensorFlow.js LayersModel, Sequential or functional, without TensorFlow.js.
 *
 * @param source path of `model.json`, its URL (`http:`, `https:`, `file:`; in a browser also relative to the page),
 *   or a live `tf.LayersModel`, whose weights are copied
 * @returns the network as the model describes it, a final softmax included
 * @throws InvalidArgumentError for a source that is none of these, or an inputShape that does not fit
 * @throws ModelError for a model that cannot be read or is inconsistent, naming file and layer; also where a path in
 *   its manifest leaves its folder
 * @throws UnsupportedOperatorError for a layer that there is no operator for
 * @example
 * const network = buildNetwork(await loadLayersModel("models/mnist/model.json"));
 */
export async function loadLayersModel(
  source: string | URL | LiveLayersModel,
  options: LoadLayersModelOptions = {},
): Promise<NetworkSpec> {
  if (typeof source === "string" || source instanceof URL) return loadFromFiles(source, options);
  if (!isLiveLayersModel(source))
    throw new InvalidArgumentError(
      `loadLayersModel: source is ${valueText(typeof source)}, expected a path or URL of model.json, or a tf.LayersModel`,
    );
  const where = `live model ${source.name}`;
  const topology = parseTopology(liveTopology(source, where), where);
  const weights = await liveWeights(source, where);
  options.signal?.throwIfAborted();
  const classNames = classNamesOf(liveMetadata(source));
  return unfold(topology, new WeightTable(weights, where), where, {
    inputShape: options.inputShape,
    classNames,
  });
}

async function loadFromFiles(source: string | URL, options: LoadLayersModelOptions): Promise<NetworkSpec> {
  const { signal, onProgress, inputShape } = options;
  let bytes = 0;
  let total = 0;
  const onRead = (count: number): void => {
    bytes += count;
    onProgress?.(bytes, total);
  };
  const files = openSource(source, { signal, onRead });
  const where = files.label;
  const json = await readJson(files);
  if (json.format === "graph-model")
    rejectModel(where, "it is a GraphModel, which is not supported yet; expected a LayersModel");
  if (json.modelTopology === undefined)
    rejectModel(where, "it has no modelTopology, expected the model.json of a tfjs LayersModel");
  const topology = parseTopology(json.modelTopology, where);
  if (json.weightsManifest === undefined) rejectModel(where, "it has no weightsManifest, so no weights");
  const groups = parseManifest(json.weightsManifest, where);
  total = groups.reduce((sum, group) => sum + group.bytes, 0);
  const weights: Weight[] = [];
  for (const group of groups) {
    const data = await files.readWeights(group.files, group.bytes);
    for (const weight of decodeGroup(group, data, where)) weights.push(weight);
  }
  const classNames = classNamesOf(json.userDefinedMetadata);
  return unfold(topology, new WeightTable(weights, where), where, { inputShape, classNames });
}

async function readJson(files: ModelSource): Promise<Readonly<Record<string, unknown>>> {
  const text = await files.readJson();
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    rejectModel(files.label, `${notJson(files.label)}, expected the model.json of a tfjs LayersModel`);
  }
  return isRecord(json)
    ? json
    : rejectModel(files.label, "it is not a JSON object, expected the model.json of a tfjs LayersModel");
}

/** What a file that is no JSON is, as far as its name tells. */
function notJson(label: string): string {
  if (/\.onnx$/i.test(label)) return "it is an ONNX file, which is not supported yet";
  if (/\.(h5|hdf5|keras)$/i.test(label))
    return "it is a Keras file, which tensorflowjs_converter --input_format=keras makes a LayersModel of";
  if (/\.bin$/i.test(label)) return "it is a weights file";
  return "it is not JSON";
}
