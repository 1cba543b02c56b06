import { isRecord, quoted, rejectModel } from "../failure.js";
import type { Weight } from "../manifest.js";

/** A tensor of a live model, as any version of TensorFlow.js has it. */
interface LiveTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  data(): Promise<ArrayLike<number>>;
}

/** What the importer reads of a `tf.GraphModel`; its graph is private in its types. */
export interface LiveGraphModel {
  readonly modelSignature?: unknown;
  readonly weights: Readonly<Record<string, readonly LiveTensor[]>>;
  execute(...inputs: never[]): unknown;
}

/** Private, and there since TensorFlow.js 1.0. */
interface Artifacts {
  readonly modelTopology?: unknown;
  readonly userDefinedMetadata?: unknown;
}

export function artifactsOf(model: LiveGraphModel): Artifacts {
  return (model as { readonly artifacts?: Artifacts }).artifacts ?? {};
}

/** True for a `tf.GraphModel`; a `tf.LayersModel` has layers and no graph to execute. */
export function isLiveGraphModel(x: unknown): x is LiveGraphModel {
  if (typeof x !== "object" || x === null || "layers" in x) return false;
  const model = x as Partial<LiveGraphModel>;
  return (
    typeof model.execute === "function" &&
    isRecord(artifactsOf(model as LiveGraphModel)) &&
    "artifacts" in model &&
    isRecord(model.weights)
  );
}

/** @throws ModelError for a disposed model */
export async function liveWeights(model: LiveGraphModel, where: string): Promise<Weight[]> {
  return Promise.all(
    Object.entries(model.weights).map(async ([name, [tensor]]) => {
      const type = tensor.dtype === "int32" ? "integer" : tensor.dtype === "bool" ? "boolean" : "float";
      try {
        const values = await tensor.data();
        const data = type === "integer" ? Float64Array.from(values) : Float32Array.from(values);
        return { name, shape: tensor.shape, type, data } as const;
      } catch (error) {
        const reason = String(error instanceof Error ? error.message : error).split("\n")[0];
        return rejectModel(where, `weight ${quoted(name)} cannot be read (${reason})`);
      }
    }),
  );
}
