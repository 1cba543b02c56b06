import { InvalidArgumentError, ModelError } from "../../errors.js";
import type { Tell } from "../progress.js";
import type { NetworkSpec } from "../spec.js";
import { classNamesOf } from "./class_names.js";
import { isRecord, rejectModel, valueText } from "./failure.js";
import { isLiveGraphModel, type LiveGraphModel } from "./graph_model/live.js";
import type { ImportOptions, MainFile } from "./importer.js";
import { IMPORTERS } from "./importers.js";
import type { ModelKind } from "./kind.js";
import { isLiveLayersModel, type LiveLayersModel } from "./layers_model/is_live.js";
import { isModelBytes, isModelFiles } from "./source/model_files.js";
import type { ModelSource } from "./source/model_source.js";
import { type ModelPlace, openSource } from "./source/open_source.js";
import { Reading } from "./source/reading.js";
import { isJson, limitOf } from "./starts.js";

/** A model as somebody else's file or object. */
export type ModelInput = ModelPlace | LiveLayersModel | LiveGraphModel;

export interface OpenModelOptions extends ImportOptions {
  /** Told of "read", and of the begin of "import". */
  readonly tell?: Tell;
}

/** Whether a value is something that {@link openModel} takes. */
export function isModelInput(model: unknown): model is ModelInput {
  return (
    typeof model === "string" ||
    model instanceof URL ||
    isModelBytes(model) ||
    isModelFiles(model) ||
    isLiveLayersModel(model) ||
    isLiveGraphModel(model)
  );
}

/**
 * Imports a model from wherever it is and whichever of the known formats it has: it looks at the bytes, not at the name.
 *
 * @param model path or URL of its main file (`http:`, `https:`, `file:`; in a browser also relative to the page), in Node
 *   also the folder that holds it; a zip archive of its files; its bytes; a `Blob` or `File`; several `File`s, weights
 *   among them; or a live `tf.LayersModel` or `tf.GraphModel`, whose weights are copied
 * @returns the network as the model describes it, a final softmax included
 * @throws InvalidArgumentError for a source that is none of these, or an inputShape that does not fit
 * @throws ModelError for a model that cannot be read or is inconsistent, naming file and layer; also where a path in
 *   it leaves its folder
 * @throws UnsupportedOperatorError for a layer that there is no operator for
 * @example
 * const network = buildNetwork(await openModel("models/mnist/model.json"));
 */
export async function openModel(model: ModelInput, options: OpenModelOptions = {}): Promise<NetworkSpec> {
  if (!isModelInput(model))
    throw new InvalidArgumentError(
      `loadModel: model is ${valueText(typeof model)}, expected a path or URL of a model, its bytes or Files, or a tf.LayersModel or tf.GraphModel`,
    );
  const reading = new Reading(options.tell);
  if (isLiveLayersModel(model) || isLiveGraphModel(model)) reading.end();
  if (isLiveLayersModel(model)) return (await import("./layers_model/load.js")).importLive(model, options);
  if (isLiveGraphModel(model)) return (await import("./graph_model/load.js")).importLive(model, options);

  const accept = (head: Uint8Array, size: number | undefined): number => {
    // Behind a description come weights, of which it says how many.
    if (size !== undefined && !isJson(head)) reading.expect(size);
    return limitOf(head);
  };
  let source = await openSource(model, options);
  let file = await source.read(accept, reading);
  if (!isJson(file) && (await import("./kind.js")).kindOf(file, source.label) === "zip") {
    const { openZip } = await import("./source/zip.js");
    source = openZip(file, source.label, options);
    file = await source.read(limitOf, reading);
  }
  const { kind, main } = await identify(file, source.label);
  const { importFiles } = await IMPORTERS[kind]();
  const { labels, warnings } = await labelsBeside(source);
  const spec = await importFiles(main, source, { ...options, labels }, reading);
  return { ...spec, warnings: [...(spec.warnings ?? []), ...warnings] };
}

/** More than the names of any classes take. */
const LARGEST_METADATA = 2 ** 20;

interface Labels {
  readonly labels?: readonly string[];
  readonly warnings: readonly string[];
}

/** Names of classes that an export of Teachable Machine has in `metadata.json`; a file of that name may hold anything. */
async function labelsBeside(source: ModelSource): Promise<Labels> {
  if (source.remote) return { warnings: [] };
  try {
    const bytes = await source.readBeside(["metadata.json"], LARGEST_METADATA);
    return { labels: bytes && classNamesOf(JSON.parse(new TextDecoder().decode(bytes))), warnings: [] };
  } catch (error) {
    if (!(error instanceof ModelError || error instanceof SyntaxError)) throw error;
    const problem = error instanceof SyntaxError ? "it is not JSON" : "it cannot be read";
    return { warnings: [`metadata.json beside the model is left out: ${problem}`] };
  }
}

/** @throws ModelError for a file that no importer is for, saying what it is */
async function identify(
  bytes: Uint8Array<ArrayBuffer>,
  where: string,
): Promise<{ kind: ModelKind; main: MainFile }> {
  if (!isJson(bytes)) {
    (await import("./kind.js")).checkOnnx(bytes, where);
    return { kind: "onnx", main: { bytes } };
  }
  const json = parseJson(bytes, where);
  return { kind: jsonKind(json, where), main: { bytes, json } };
}

function parseJson(bytes: Uint8Array, where: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  const text = new TextDecoder().decode(bytes);
  try {
    json = JSON.parse(text);
  } catch {
    const token = tokenOfPython(text);
    return rejectModel(
      where,
      token ?? "it is not JSON, expected the model.json of a tfjs model or an ONNX file",
    );
  }
  if (Array.isArray(json) && isRecord(json[0]) && Array.isArray(json[0].paths))
    return rejectModel(
      where,
      "it is a list of weights, as TensorFlow.js 0.x wrote them: convert the model to a model.json with tensorflowjs_converter",
    );
  return isRecord(json)
    ? json
    : rejectModel(where, "it is not a JSON object, expected the model.json of a tfjs model or an ONNX file");
}

/** Python's json.dump writes numbers that JSON has not. */
function tokenOfPython(text: string): string | undefined {
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g))
    if (!match[0].startsWith('"'))
      return `it has ${match[0]} at character ${match.index}, which is no JSON; write null or a number in its place`;
  return undefined;
}

function jsonKind(json: Readonly<Record<string, unknown>>, where: string): ModelKind {
  const { format, modelTopology } = json;
  const isGraph =
    isRecord(modelTopology) && (Array.isArray(modelTopology.node) || isRecord(modelTopology.library));
  if (format === "graph-model" || isGraph) return "graph-model";
  if (modelTopology === undefined && Array.isArray(json.labels) && json.tfjsVersion !== undefined)
    rejectModel(where, "it is the metadata of a Teachable Machine model: give the model.json beside it");
  return "layers-model";
}
