import { shapeText } from "../../../kernels/checks.js";
import type { Shape } from "../../spec.js";
import { quoted, rejectModel } from "../failure.js";
import { float32Of, type Weight } from "../manifest.js";

/** What a layer asks for: where it stands, what the weight is called there, and its place among them. */
export interface WeightRequest {
  /** Names of the models around the layer, outermost first, then of the layer. */
  readonly path: readonly string[];
  /** Names the weight goes by, usual one first (Keras 3 renamed some). */
  readonly names: readonly string[];
  /** Position among the layer's weights: Keras 3 saves them as `layer/0`, `layer/1`, ... */
  readonly index: number;
  readonly shape: Shape;
  /** `layer "conv1" (Conv2D)`, for messages. */
  readonly layer: string;
}

/** Where layers find their weights. */
export interface WeightSource {
  /** @throws ModelError for a weight that is missing, ambiguous, of another shape, or another layer's */
  take(request: WeightRequest): Float32Array;
  /** Shape of the weight that `take` would find; for sizes that a config leaves out. */
  shapeOf(request: Omit<WeightRequest, "shape">): Shape | undefined;
  /** @throws ModelError where a weight belongs to no layer */
  checkAllTaken(): void;
}

/**
 * The weights of a model by name. tfjs-layers writes `layer/weight`; converted models put scopes before it
 * (`model/conv/kernel`) or between (`lstm/cell/kernel`), and nested models may or may not add their own names.
 * A weight belongs to the layer whose name is nearest to its own, and every weight must find its layer.
 */
export class WeightTable implements WeightSource {
  readonly #weights = new Map<string, Weight>();
  readonly #byLastSegment = new Map<string, { weight: Weight; segments: readonly string[] }[]>();
  readonly #taken = new Map<string, string>();
  /** Names that several weights have. */
  readonly #repeated = new Set<string>();
  /** Some request found no weight, or could not tell which of several. */
  unmatched = false;

  constructor(
    weights: readonly Weight[],
    private readonly where: string,
  ) {
    for (const given of weights) {
      // Saved by tf.keras as `dense/kernel:0`: output 0 of a variable.
      const weight = { ...given, name: given.name.replace(/:0$/, "") };
      if (this.#weights.has(weight.name)) this.#repeated.add(weight.name);
      this.#weights.set(weight.name, weight);
      const segments = segmentsOf(weight.name);
      const last = segments[segments.length - 1];
      const list = this.#byLastSegment.get(last);
      if (list) list.push({ weight, segments });
      else this.#byLastSegment.set(last, [{ weight, segments }]);
    }
  }

  /** @throws ModelError for a weight that is missing, ambiguous, of another shape, or another layer's */
  take(request: WeightRequest): Float32Array {
    const { layer, shape } = request;
    const weight = this.#find(request);
    if (!weight) {
      this.unmatched = true;
      const name = `${request.path.join("/")}/${request.names[0]}`;
      return rejectModel(
        this.where,
        `${layer} needs the weight ${quoted(name)}, which the model does not have${this.#nearest(request)}`,
      );
    }
    if (this.#repeated.has(weight.name)) {
      this.unmatched = true;
      rejectModel(this.where, `two weights are called ${quoted(weight.name)}`);
    }
    if (weight.shape.length !== shape.length || weight.shape.some((n, axis) => n !== shape[axis]))
      rejectModel(
        this.where,
        `${layer}: weight ${quoted(weight.name)} has shape ${shapeText(weight.shape)}, expected ${shapeText(shape)}`,
      );
    const owner = this.#taken.get(weight.name);
    if (owner !== undefined)
      rejectModel(this.where, `${layer} and ${owner} both claim the weight ${quoted(weight.name)}`);
    this.#taken.set(weight.name, layer);
    return float32Of(weight);
  }

  /** Shape of the weight that {@link take} would find; for sizes that a config leaves out. */
  shapeOf(request: Omit<WeightRequest, "shape">): Shape | undefined {
    return this.#find(request)?.shape;
  }

  /** @throws ModelError where a weight belongs to no layer */
  checkAllTaken(): void {
    const extra = [...this.#weights.keys()].filter((name) => !this.#taken.has(name) && !isLayerState(name));
    if (extra.length > 0) {
      const more = extra.length > 1 ? ` and ${extra.length - 1} more` : "";
      rejectModel(
        this.where,
        `weight ${quoted(extra[0])}${more} belongs to no layer of the model; pass output, the name of its last layer, to leave out what that does not need`,
      );
    }
  }

  /** Where a weight of that name and shape goes by the name of another layer. */
  #nearest({ names, shape }: WeightRequest): string {
    const same = names.flatMap((name) => this.#byLastSegment.get(name) ?? []);
    const fitting = same.filter(({ weight }) => shapeText(weight.shape) === shapeText(shape));
    const near = fitting.find(({ weight }) => !this.#taken.has(weight.name));
    return near ? `; it has ${quoted(near.weight.name)} of that shape` : "";
  }

  #find({ path, names, index, layer }: Omit<WeightRequest, "shape">): Weight | undefined {
    for (const name of [...names, String(index)]) {
      const exact = this.#weights.get([...path, name].join("/"));
      if (exact) return exact;
      const candidates = this.#byLastSegment.get(name) ?? [];
      let best: { weight: Weight; rank: number } | undefined;
      let ties = 0;
      for (const { weight, segments } of candidates) {
        const rank = nearness(path, segments.slice(0, -1));
        if (rank < 0 || (best && rank < best.rank)) continue;
        ties = best && rank === best.rank ? ties + 1 : 0;
        best = { weight, rank };
      }
      if (best && ties > 0) {
        this.unmatched = true;
        rejectModel(
          this.where,
          `${layer}: ${ties + 1} weights could be its ${name}, ${quoted(best.weight.name)} one of them`,
        );
      }
      if (best) return best.weight;
      const numbered = candidates.filter(({ segments }) => isNumbered(segments, path));
      if (numbered.length === 1) return numbered[0].weight;
    }
    return undefined;
  }
}

/**
 * How well the scope of a weight fits the path of a layer; -1 where the layer's name is not in the scope. A scope
 * that ends with the layer's name beats one with a segment after it, more segments of the path beat fewer, and
 * of scopes with as many the one with fewer foreign segments wins.
 */
function nearness(path: readonly string[], scope: readonly string[]): number {
  const layer = segmentsOf(path[path.length - 1]);
  const end = lastIndexOfRun(scope, layer);
  if (end < 0) return -1;
  const around = new Set(path.slice(0, -1).flatMap(segmentsOf));
  const before = scope.slice(0, end - layer.length);
  const known = before.filter((segment) => around.has(segment)).length;
  const trailing = scope.length - end;
  const foreign = before.length - known;
  return Math.max(0, 1000 - 100 * trailing) * 1e6 + known * 1e3 + Math.max(0, 999 - foreign);
}

/** Index just after the last occurrence of `run` in `list`, or -1. */
function lastIndexOfRun(list: readonly string[], run: readonly string[]): number {
  for (let end = list.length; end >= run.length; end--)
    if (run.every((segment, i) => list[end - run.length + i] === segment)) return end;
  return -1;
}

/** Keras 3 saves `layers/dense/vars/0`; the folders that are no names are left out. */
function segmentsOf(name: string): string[] {
  const segments = name.split("/").filter((s) => s !== "vars" && s !== "_layer_checkpoint_dependencies");
  return segments.length > 0 ? segments : [name];
}

/** Whether the weight's scope is the layer's name with a number after it: tf.keras counts layers of a name in a session. */
function isNumbered(segments: readonly string[], path: readonly string[]): boolean {
  const layer = path[path.length - 1];
  const scope = segments.slice(0, -1).join("/");
  return scope.startsWith(`${layer}_`) && /^\d+$/.test(scope.slice(layer.length + 1));
}

/** State that only training reads: of optimizers, of seeds of random layers, the sample count of `Normalization`. */
function isLayerState(name: string): boolean {
  return (
    /(^|\/)(seed_generator_state|seed_generator\/.*|count|total|iterations?|iter|learning_rate|global_step)$/.test(
      name,
    ) ||
    /^(training(_\d+)?|(_?optimizers?)|Adam\w*|Nadam|SGD|RMSprop|Adagrad|Adadelta|Ftrl|Lion)(\/|$)/.test(name)
  );
}
