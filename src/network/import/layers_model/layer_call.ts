import { UnsupportedOperatorError } from "../../../errors.js";
import { nameText } from "../../../kernels/checks.js";
import type { Operator, Pair, Shape } from "../../spec.js";
import { quoted, rejectModel, valueText } from "../failure.js";
import type { GraphBuilder, Value } from "../graph_builder.js";
import { Settings } from "./config.js";
import { adviceFor } from "./tfjs_layers.js";
import type { LayerConfig, Writer } from "./topology.js";
import type { WeightTable } from "./weights.js";

/** What stays the same while a model is imported. */
export interface ImportContext {
  readonly builder: GraphBuilder;
  readonly weights: WeightTable;
  readonly writer: Writer;
  /** Weights that a layer has taken, for its further calls. */
  readonly taken: Map<LayerConfig, Map<string, Float32Array>>;
}

/** One call of one layer: what the importer of its class reads, and where it puts its operators. */
export class LayerCall {
  constructor(
    private readonly context: ImportContext,
    readonly layer: LayerConfig,
    /** Names of the models around the layer, outermost first, then of the layer. */
    private readonly path: readonly string[],
    readonly inputs: readonly Value[],
  ) {
    this.settings = new Settings(layer.config);
  }

  readonly settings: Settings;

  get writer(): Writer {
    return this.context.writer;
  }

  /** The only input. @throws ModelError where there are none or several */
  get input(): Value {
    if (this.inputs.length !== 1) this.reject(`it reads ${this.inputs.length} values, expected one`);
    return this.inputs[0];
  }

  /** The only input, which must be an image `[H, W, C]` with channels last. */
  get image(): Value {
    const input = this.input;
    if (this.text("data_format", "channels_last") !== "channels_last")
      this.unsupported("data_format channels_first");
    if (input.shape.length !== 3)
      this.reject(`its input has shape ${valueText(input.shape)}, expected [height, width, channels]`);
    return input;
  }

  /** Adds an operator. The first of a call takes the layer's name; `suffix` tells the others apart. */
  add(op: Operator, inputs: readonly Value[], suffix = ""): Value {
    const name = this.path.join("/") + (suffix && `/${suffix}`);
    return this.context.builder.add(op, name, inputs);
  }

  /** A value that does not depend on the image. */
  constant(data: Float32Array, shape: Shape, suffix: string): Value {
    return this.add({ op: "Constant", data, shape }, [], suffix);
  }

  /**
   * A weight of the layer, the same array at every call.
   *
   * @param index its position among the layer's weights
   * @throws ModelError where the weight is missing or of another shape
   */
  weight(index: number, names: string | readonly string[], shape: Shape): Float32Array {
    const { taken, weights } = this.context;
    const own = taken.get(this.layer) ?? new Map<string, Float32Array>();
    taken.set(this.layer, own);
    const all = typeof names === "string" ? [names] : names;
    const known = own.get(all[0]);
    if (known) {
      const size = shape.reduce((product, n) => product * n, 1);
      if (known.length !== size)
        this.reject(
          `its weight ${quoted(all[0])} has ${known.length} values, another call of it needs ${size}`,
        );
      return known;
    }
    const weight = weights.take({ path: this.path, names: all, index, shape, layer: this.toString() });
    own.set(all[0], weight);
    return weight;
  }

  /** Shape of a weight as it was saved, or undefined where there is none. */
  shapeOfWeight(index: number, name: string): Shape | undefined {
    return this.context.weights.shapeOf({ path: this.path, names: [name], index, layer: this.toString() });
  }

  /** A whole number of at least `least`. */
  integer(key: string, fallback: number | undefined, least: number): number {
    return this.#integer(key, this.settings.get(key) ?? fallback, least);
  }

  /** Two whole numbers `[vertical, horizontal]`, which may be written as one. */
  pair(key: string, fallback: number | Pair | undefined, least: number): Pair {
    const value = this.settings.get(key) ?? fallback;
    const list = Array.isArray(value) ? value : [value];
    if (list.length !== 1 && list.length !== 2)
      this.reject(`${key} is ${valueText(value)}, expected one or two numbers`);
    const first = this.#integer(key, list[0], least);
    return [first, list.length === 2 ? this.#integer(key, list[1], least) : first];
  }

  #integer(key: string, value: unknown, least: number): number {
    if (!Number.isSafeInteger(value) || (value as number) < least)
      this.reject(`${key} is ${valueText(value)}, expected an integer of at least ${least}`);
    return value as number;
  }

  number(key: string, fallback: number): number {
    const value = numberOf(this.settings.get(key) ?? fallback);
    return value ?? this.reject(`${key} is ${valueText(this.settings.get(key))}, expected a finite number`);
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.settings.get(key) ?? fallback;
    return typeof value === "boolean"
      ? value
      : this.reject(`${key} is ${valueText(value)}, expected true or false`);
  }

  text(key: string, fallback: string): string {
    const value = this.settings.get(key) ?? fallback;
    return typeof value === "string"
      ? value
      : this.reject(`${key} is ${valueText(value)}, expected a string`);
  }

  /**
   * To be called last: what the importer has not looked at would be ignored in silence.
   *
   * @throws UnsupportedOperatorError for a setting that nobody has read and that is not of training
   */
  refuseUnread(): void {
    const { unread } = this.settings;
    if (unread.length > 0)
      this.unsupported(
        unread
          .map((key) => `unknown setting ${nameText(key)} = ${valueText(this.layer.config[key])}`)
          .join(", "),
      );
  }

  /** @throws ModelError always, naming file, layer and class */
  reject(problem: string): never {
    return rejectModel(this.context.builder.where, `${this}: ${problem}`);
  }

  /** @throws UnsupportedOperatorError always */
  unsupported(detail: string, operator = this.layer.className): never {
    throw new UnsupportedOperatorError(
      nameText(this.path.join("/")),
      nameText(operator),
      detail,
      [],
      adviceFor(this.layer.className),
    );
  }

  toString(): string {
    return `layer ${quoted(this.path.join("/"))} (${nameText(this.layer.className)})`;
  }
}

/** A finite number, or a list of one: Keras writes some scalars as arrays. */
function numberOf(value: unknown): number | undefined {
  const number: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
