import type { Inspection, InspectOptions } from "./inspection.js";
import type { LoadableModel } from "./load_model.js";

/**
 * What a model is made of, what it costs, and what cannot be run of it. Nothing is compiled.
 *
 * @param model what `loadModel` takes
 * @throws InvalidArgumentError for wrong options or images, or something that is no model
 * @throws ModelError for a model that cannot be read or is inconsistent
 * @throws the signal's reason when aborted
 *
 * @example
 * const found = await inspect("model/model.json");
 * if (found.supported) console.log(found.classes, found.multiplyAdds);
 * else console.log(found.unsupported);
 *
 * @example
 * // Which kernels run, and how much of each layer is alive on two images of noise.
 * const images = Float32Array.from({ length: 2 * 28 * 28 }, Math.random);
 * const seen = await inspect("model/model.json", { kernels: true, images });
 * if (seen.supported) for (const { name, kernels, live } of seen.layers) console.log(name, kernels?.wasm.forward, live);
 */
export async function inspect(model: LoadableModel, options?: InspectOptions): Promise<Inspection> {
  const { inspectModel } = await import("./inspect_model.js");
  return inspectModel(model, options);
}
