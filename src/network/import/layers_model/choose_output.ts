import { quoted, rejectModel } from "../failure.js";
import type { LayerConfig, ModelConfig } from "./topology.js";

/**
 * The part of a model that ends in one of its layers: that layer's first call is the output, and layers that it does not
 * depend on are left out.
 *
 * @throws ModelError for a name that no layer of the model has
 */
export function modelUpTo(model: ModelConfig, output: string, where: string): ModelConfig {
  const last = model.layers.get(output);
  if (!last) {
    const names = model.outputs.slice(0, 8).map(({ layer }) => quoted(layer));
    return rejectModel(
      where,
      `output is ${quoted(output)}, which is no layer of the model; its outputs are ${names.join(", ")}`,
    );
  }
  const kept = new Set<LayerConfig>([last]);
  for (const layer of kept)
    for (const { reads } of layer.calls)
      for (const { layer: source } of reads) {
        const found = model.layers.get(source);
        if (found) kept.add(found);
      }
  const layers = new Map([...model.layers].filter(([, layer]) => kept.has(layer)));
  return { ...model, layers, outputs: [{ layer: output, call: 0, tensor: 0 }] };
}
