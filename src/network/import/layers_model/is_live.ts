/** A weight of a live model: `tf.LayerVariable`. */
export interface LiveWeight {
  readonly originalName: string;
  readonly shape: readonly (number | null)[];
  read(): { data(): Promise<ArrayLike<number>> };
}

/** A layer of a live model, possibly itself a model. */
export interface LiveLayer {
  readonly name: string;
  readonly weights: readonly LiveWeight[];
}

/**
 * What the importer reads of a `tf.LayersModel` (or `tf.Sequential`), so that any version of TensorFlow.js will do
 * and none is imported.
 */
export interface LiveLayersModel {
  readonly name: string;
  readonly layers: readonly LiveLayer[];
  readonly weights: readonly LiveWeight[];
  toJSON(unused?: unknown, returnString?: boolean): unknown;
}

/** True for a `tf.LayersModel`; a `tf.GraphModel` has no layers. */
export function isLiveLayersModel(x: unknown): x is LiveLayersModel {
  if (typeof x !== "object" || x === null) return false;
  const model = x as Partial<LiveLayersModel>;
  return typeof model.toJSON === "function" && Array.isArray(model.layers) && Array.isArray(model.weights);
}
