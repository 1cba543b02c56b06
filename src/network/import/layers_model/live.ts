import { quoted, rejectModel } from "../failure.js";
import type { Weight } from "../manifest.js";
import { isLiveLayersModel, type LiveLayer, type LiveLayersModel, type LiveWeight } from "./is_live.js";

/** The topology as the model would save it. @throws ModelError where it cannot */
export function liveTopology(model: LiveLayersModel, where: string): unknown {
  try {
    const topology = model.toJSON(undefined, false);
    return typeof topology === "string" ? JSON.parse(topology) : topology;
  } catch (error) {
    return rejectModel(where, `its topology cannot be read (${firstLine(error)})`);
  }
}

/** Metadata that `setUserDefinedMetadata` left on the model. */
export function liveMetadata(model: LiveLayersModel): unknown {
  return "getUserDefinedMetadata" in model && typeof model.getUserDefinedMetadata === "function"
    ? model.getUserDefinedMetadata()
    : undefined;
}

/**
 * The weights by the place of their layer, `model/layer/weight`: unlike the names in a file, these cannot collide.
 *
 * @throws ModelError for a disposed model, or a weight that is not finite
 */
export async function liveWeights(model: LiveLayersModel, where: string): Promise<Weight[]> {
  const found = new Map<string, LiveWeight>();
  const visit = (layers: readonly LiveLayer[], path: readonly string[]): void => {
    for (const layer of layers) {
      const own = [...path, layer.name];
      if (isLiveLayersModel(layer)) visit(layer.layers, own);
      else
        for (const weight of layer.weights) {
          let name = `${own.join("/")}/${nameInLayer(weight, layer)}`;
          while (found.has(name)) name += "+";
          found.set(name, weight);
        }
    }
  };
  visit(model.layers, []);
  return Promise.all(
    [...found].map(async ([name, weight]) => {
      const data = await valuesOf(weight, name, where);
      const bad = data.findIndex((v) => !Number.isFinite(v));
      if (bad >= 0)
        rejectModel(where, `weight ${quoted(name)} is ${data[bad]} at ${bad}, expected finite values`);
      return { name, shape: weight.shape.map((n) => n ?? 0), type: "float" as const, data };
    }),
  );
}

/** What follows the layer's name in `scope/layer/weight`. */
function nameInLayer(weight: LiveWeight, layer: LiveLayer): string {
  const scope = `${layer.name}/`;
  const start = weight.originalName.lastIndexOf(scope);
  return start < 0 ? weight.originalName : weight.originalName.slice(start + scope.length);
}

async function valuesOf(weight: LiveWeight, name: string, where: string): Promise<Float32Array> {
  try {
    return Float32Array.from(await weight.read().data());
  } catch (error) {
    return rejectModel(where, `weight ${quoted(name)} cannot be read (${firstLine(error)})`);
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0];
}
