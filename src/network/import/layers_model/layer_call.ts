import { UnsupportedOperatorError } from "../../../errors.js";
import { nameText } from "../../../kernels/checks.js";
import type { Operator, Shape } from "../../spec.js";
import { type Activation, batched } from "../dataflow/activation.js";
import { axisOf } from "../dataflow/axes.js";
import { Flow, type FlowContext } from "../dataflow/flow.js";
import type { Tensor } from "../dataflow/tensor.js";
import { channelsFirst, channelsLast, type ImageAxes } from "../dataflow/window.js";
import { quoted, rejectModel, valueText } from "../failure.js";
import type { GraphBuilder } from "../graph_builder.js";
import { Settings } from "./config.js";
import type { CallArguments } from "./references.js";
import { adviceFor } from "./tfjs_layers.js";
import type { LayerConfig, Writer } from "./topology.js";
import type { WeightSource } from "./weights.js";

/** What stays the same while a model is imported. */
export interface ImportContext {
  readonly builder: GraphBuilder;
  readonly weights: WeightSource;
  readonly writer: Writer;
  /** Weights that a layer has taken, for its further calls. */
  readonly taken: Map<LayerConfig, Map<string, Float32Array>>;
  readonly folded: FlowContext["folded"];
  /** Operators of TensorFlow, where a layer is one. */
  readonly operations?: Operations;
}

/** Loaded only for models that have such layers. */
export type Operations = typeof import("../graph_model/layer_operation.js");

/** One call of one layer: what the importer of its class reads, and where it puts its operators. */
export class LayerCall {
  constructor(
    private readonly context: ImportContext,
    readonly layer: LayerConfig,
    /** Names of the models around the layer, outermost first, then of the layer. */
    private readonly path: readonly string[],
    readonly inputs: readonly Activation[],
    /** What it was called with beside its inputs. */
    readonly given: CallArguments,
  ) {
    this.settings = new Settings(layer.config);
    this.flow = new Flow(context, path.join("/"), nameText(layer.className), "layer");
  }

  readonly settings: Settings;
  /** Where its operators go. */
  readonly flow: Flow;

  get writer(): Writer {
    return this.context.writer;
  }

  /** The only input, axis 0 the batch. @throws ModelError where there are none or several */
  get input(): Activation {
    if (this.inputs.length !== 1) this.reject(`it reads ${this.inputs.length} values, expected one`);
    return this.inputs[0];
  }

  /** Which axes of its input are what: one or two spatial axes, channels where `data_format` says. */
  imageAxes(spatial: number): ImageAxes {
    const { dims } = this.input;
    const rank = spatial + 2;
    const isLast = this.layout === "channels_last";
    if (dims.length !== rank) {
      const sizes = spatial === 1 ? ["length"] : ["height", "width"];
      const expected = isLast ? [...sizes, "channels"] : ["channels", ...sizes];
      this.reject(`its input has shape ${valueText(dims.slice(1))}, expected [${expected.join(", ")}]`);
    }
    return isLast ? channelsLast(rank) : channelsFirst(rank);
  }

  get layout(): "channels_last" | "channels_first" {
    const layout = this.text("data_format", "channels_last");
    return layout === "channels_last" || layout === "channels_first"
      ? layout
      : this.reject(`data_format is ${valueText(layout)}, expected channels_last or channels_first`);
  }

  /**
   * Runs the operator of TensorFlow that the layer is.
   *
   * @param constants values of its own, each by its place among its inputs
   */
  operation(definition: string, constants: ReadonlyMap<number, Tensor>): readonly Activation[] {
    const { operations } = this.context;
    if (!operations) return this.unsupported("");
    return operations.runOperation(this.context, {
      name: this.path.join("/"),
      definition,
      inputs: this.inputs,
      constants,
      reject: (problem) => this.reject(problem),
      unsupported: (detail) => this.unsupported(detail),
    });
  }

  /** The same call on another input, which the layer has made of its own. */
  with(input: Activation): LayerCall {
    return new LayerCall(this.context, this.layer, this.path, [input], this.given);
  }

  /** The same call with the settings of another layer, which this one applies. */
  of(layer: LayerConfig): LayerCall {
    return new LayerCall(this.context, layer, this.path, this.inputs, this.given);
  }

  /** Adds an operator on the input with all its axes in order. */
  onInput(op: Operator): Activation {
    const { input } = this;
    const order = input.dims.map((_, axis) => axis).slice(1);
    return batched(this.flow.add(op, [this.flow.arrange(input, order).value]));
  }

  /** An axis of the input, counted with the batch as 0, or from the end. */
  axis(key: string, fallback: number): number {
    const given = this.settings.get(key) ?? fallback;
    const axis: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
    return Number.isSafeInteger(axis)
      ? axisOf(this.flow, axis as number, this.input.dims.length)
      : this.unsupported(`${key} ${valueText(given)}`);
  }

  /**
   * A weight of the layer, the same array at every call.
   *
   * @param index its position among the layer's weights
   * @param part the layer inside of this one that it belongs to
   * @throws ModelError where the weight is missing or of another shape
   */
  weight(index: number, names: string | readonly string[], shape: Shape, part?: string): Float32Array {
    const { taken, weights } = this.context;
    const own = taken.get(this.layer) ?? new Map<string, Float32Array>();
    taken.set(this.layer, own);
    const all = typeof names === "string" ? [names] : names;
    const key = part === undefined ? all[0] : `${part}/${all[0]}`;
    const known = own.get(key);
    if (known) {
      const size = shape.reduce((product, n) => product * n, 1);
      if (known.length !== size)
        this.reject(
          `its weight ${quoted(all[0])} has ${known.length} values, another call of it needs ${size}`,
        );
      return known;
    }
    const path = part === undefined ? this.path : [...this.path, part];
    const weight = weights.take({ path, names: all, index, shape, layer: this.toString() });
    own.set(key, weight);
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

  /** A whole number for each of `axes` spatial axes, which may be written as one for all. */
  each(key: string, axes: number, fallback: number | readonly number[] | undefined, least: number): number[] {
    const value = this.settings.get(key) ?? fallback;
    const list = Array.isArray(value) ? value : [value];
    if (list.length !== 1 && list.length !== axes)
      this.reject(`${key} is ${valueText(value)}, expected one ${axes === 2 ? "or two numbers" : "number"}`);
    return Array.from({ length: axes }, (_, axis) => this.#integer(key, list[axis] ?? list[0], least));
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
