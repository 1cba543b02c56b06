import { isRecord } from "../failure.js";

/**
 * Whether a model's configuration has what only Keras 3 writes: policies of types, inputs with `batch_shape`, calls with
 * `__keras_tensor__`. Looked for in all its layers, nested models included.
 *
 * @param depth how many models deep
 */
export function hasMarksOfKeras3(config: unknown, depth: number): boolean {
  const layers = isRecord(config) ? config.layers : config;
  if (!Array.isArray(layers) || depth < 0) return false;
  return layers.some((layer) => {
    if (!isRecord(layer)) return false;
    const own = layer.config;
    if (isRecord(own)) {
      if (isRecord(own.dtype) && own.dtype.class_name === "DTypePolicy") return true;
      if (own.batch_shape !== undefined) return true;
      if (Array.isArray(own.layers) && hasMarksOfKeras3(own, depth - 1)) return true;
    }
    return Array.isArray(layer.inbound_nodes) && layer.inbound_nodes.some(isRecord);
  });
}
