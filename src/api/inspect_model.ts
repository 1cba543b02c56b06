import { countImages } from "../engines/arguments.js";
import { UnsupportedOperatorError } from "../errors.js";
import { factsOf } from "../kernels/operators/facts_of.js";
import { resolveInput } from "../network/input.js";
import { telling } from "../network/progress.js";
import type { Network, OpName } from "../network/spec.js";
import type { InspectedLayer, InspectedModel, Inspection, InspectOptions } from "./inspection.js";
import { checkLoadOptions, LOAD_OPTIONS, type LoadableModel, networkOf } from "./load_model.js";
import { flag, optionsObject } from "./options.js";
import { suggestInput } from "./suggested_input.js";

/** What `inspect` does. */
export async function inspectModel(model: LoadableModel, options?: InspectOptions): Promise<Inspection> {
  const settings = optionsObject("inspect", options, [...LOAD_OPTIONS, "kernels", "images", "input"]);
  checkLoadOptions("inspect", settings);
  const { kernels = false } = settings;
  flag("inspect", "kernels", kernels);
  let network: Network;
  try {
    network = await telling(settings.onProgress, (tell) => networkOf("inspect", model, settings, tell));
  } catch (error) {
    if (!(error instanceof UnsupportedOperatorError)) throw error;
    const { layer, operator, detail, wayOut, others, unchecked, message } = error;
    const first = { layer, operator, ...(detail && { detail }), ...(wayOut && { wayOut }) };
    return { supported: false, unsupported: [first, ...others], unchecked, message };
  }
  const found = kernels ? await (await import("./layer_kernels.js")).layerKernels(network) : undefined;
  const shares = await sharesOf(network, settings);
  const inspected = inspectionOf(network);
  const layers = inspected.layers.map((layer) => {
    const [own, live] = [found?.get(layer.name), shares?.get(layer.name)];
    return { ...layer, ...(own && { kernels: own }), ...(live !== undefined && { live }) };
  });
  return { ...inspected, layers };
}

async function sharesOf(
  network: Network,
  { images, input, signal }: InspectOptions,
): Promise<ReadonlyMap<string, number> | undefined> {
  if (images === undefined) return undefined;
  const { shape } = network.input;
  countImages("inspect", images, shape);
  const transform = resolveInput(input, shape.at(-1) ?? 1);
  const { liveShares } = await import("./live_shares.js");
  return liveShares(network, transform, images, signal);
}

function inspectionOf(network: Network): InspectedModel {
  const layers = network.nodes.map((node): InspectedLayer => {
    const facts = factsOf(node);
    return {
      name: node.name,
      operator: node.op,
      shape: node.shape,
      parameters: facts.weights(node).reduce((sum, array) => sum + array.length, 0),
      multiplyAdds: facts.multiplyAdds(node),
    };
  });
  const arrays = new Set(network.nodes.flatMap((node) => factsOf(node).weights(node)));
  const operators: Partial<Record<OpName, number>> = {};
  for (const { op } of network.nodes) operators[op] = (operators[op] ?? 0) + 1;
  return {
    supported: true,
    unsupported: [],
    name: network.name,
    input: { shape: network.input.shape, ...suggestInput(network) },
    classes: network.classes,
    classNames: network.classNames ?? null,
    strippedSoftmax: network.strippedSoftmax,
    strippedSigmoid: network.strippedSigmoid,
    singleScore: network.singleScore,
    parameters: [...arrays].reduce((sum, array) => sum + array.length, 0),
    multiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
    operators,
    layers,
    warnings: network.warnings ?? [],
  };
}
