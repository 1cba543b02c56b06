import { type Activation, isActivation, type Operand } from "../dataflow/activation.js";
import { axesOf, axisOf } from "../dataflow/axes.js";
import { Flow, type FlowContext } from "../dataflow/flow.js";
import { listOf } from "../dataflow/places.js";
import type { Tensor } from "../dataflow/tensor.js";
import { channelsFirst, channelsLast, type ImageAxes } from "../dataflow/window.js";
import { quoted, valueText } from "../failure.js";
import { fieldOf, integerFrom, isHarmless, listFrom, shapeFrom, textFrom, typeFrom } from "./attributes.js";
import { wayOutOf } from "./tfjs_knows.js";
import type { GraphNode } from "./topology.js";

/** One factor for each axis, 1 where values lie as the graph sees them. */
export type Spread = readonly number[];

export interface GraphContext extends FlowContext {
  /** Values of constants, by the node that is one. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /**
   * Images between SpaceToBatchND and BatchToSpaceND, and the factor that values are apart along each axis: the batch of small
   * images that the graph sees is one image here, on which a convolution is dilated.
   */
  readonly spread: WeakMap<Activation, Spread>;
  /** Nodes that end the network, but for what only renames axes. */
  readonly ends: ReadonlySet<string>;
}

/** One node: its operands and attributes, of which none may be left unread. */
export class TfNode extends Flow {
  readonly #context: GraphContext;
  readonly #read = new Set<string>();

  constructor(
    context: GraphContext,
    readonly node: GraphNode,
    readonly operands: readonly Operand[],
  ) {
    super(context, node.name, node.op);
    this.#context = context;
  }

  /** Whether it ends the network. */
  get isLast(): boolean {
    return this.#context.ends.has(this.name);
  }

  operand(index: number): Operand {
    return this.operands[index] ?? this.reject(`input ${index} is missing`);
  }

  activation(index: number): Activation {
    const operand = this.operand(index);
    return isActivation(operand) ? operand : this.ofConstants();
  }

  given(index: number, what: string): Tensor {
    const operand = this.operand(index);
    return isActivation(operand) ? this.unsupported(`${what} that depends on the image`) : operand;
  }

  /** Whole numbers: axes, lengths, places. */
  list(index: number, what: string): number[] {
    const values = listOf(this.given(index, what));
    return values.every(Number.isInteger)
      ? values
      : this.reject(`${what} is ${valueText(values.slice(0, 8))}, expected integers`);
  }

  /** The only value of an input. */
  number(index: number, what: string): number {
    const { data, dims } = this.given(index, what);
    return data.length === 1
      ? data[0]
      : this.reject(`${what} has shape ${valueText(dims)}, expected one number`);
  }

  /** @throws ModelError for another number of inputs */
  expectInputs(least: number, most = least): void {
    const count = this.operands.length;
    if (count < least || count > most)
      this.reject(`it has ${count} inputs, expected ${most === least ? least : `${least} or more`}`);
  }

  /** The value of a Const node. */
  get constantValue(): Tensor {
    return (
      this.#context.weights.get(this.name) ??
      this.reject("its value is not in the weights manifest, which holds every constant of a tfjs model")
    );
  }

  #attribute(name: string, ...fields: readonly string[]): unknown {
    this.#read.add(name);
    return fieldOf(this.node.attributes.get(name), fields, name, this.#reject);
  }

  readonly #reject = (problem: string): never => this.reject(problem);

  integer(name: string, fallback: number): number {
    const value = this.#attribute(name, "i");
    return value === undefined ? fallback : integerFrom(value, name, this.#reject);
  }

  float(name: string, fallback: number): number {
    const value = Number(this.#attribute(name, "f", "i") ?? fallback);
    return Number.isFinite(value)
      ? value
      : this.reject(`attribute ${quoted(name)} is ${value}, expected a finite number`);
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#attribute(name, "b") ?? fallback;
    return typeof value === "boolean"
      ? value
      : this.reject(`attribute ${quoted(name)} is ${valueText(value)}, expected true or false`);
  }

  text(name: string, fallback: string): string {
    const value = this.#attribute(name, "s");
    return value === undefined ? fallback : textFrom(value, name, this.#reject);
  }

  integers(name: string): number[] {
    const values = listFrom(this.#attribute(name, "list"), "i", name, this.#reject);
    return values.map((value) => integerFrom(value, name, this.#reject));
  }

  texts(name: string): string[] {
    const values = listFrom(this.#attribute(name, "list"), "s", name, this.#reject);
    return values.map((value) => textFrom(value, name, this.#reject));
  }

  /** A type as TensorFlow names it, `DT_FLOAT`. */
  dataType(name: string): string {
    return typeFrom(this.#attribute(name, "type"));
  }

  /** Lengths of a shape; -1 where the graph leaves one open. Undefined for an unknown rank. */
  shape(name: string): number[] | undefined {
    return shapeFrom(this.#attribute(name, "shape"), name, this.#reject);
  }

  override get wayOut(): string | undefined {
    return wayOutOf(this.type);
  }

  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** Which axes are the image's, as data_format says. */
  imageAxes(rank: number): ImageAxes {
    const format = this.text("data_format", "NHWC");
    if (format === "NHWC" || format === "NWC") return channelsLast(rank);
    if (format === "NCHW" || format === "NCW") return channelsFirst(rank);
    return this.unsupported(`data_format ${valueText(format)}`);
  }

  axis(axis: number, rank: number): number {
    return axisOf(this, axis, rank);
  }

  axes(axes: readonly number[], rank: number): number[] {
    return axesOf(this, axes, rank);
  }

  /** How far apart the values of an image are that was spread over the batch. */
  spreadOf(x: Activation): Spread | undefined {
    return this.#context.spread.get(x);
  }

  setSpread(x: Activation, spread: Spread): Activation {
    const own = { ...x };
    this.#context.spread.set(own, spread);
    return own;
  }

  /** @throws UnsupportedOperatorError for an attribute that nobody has looked at: it would be ignored in silence */
  refuseUnread(): void {
    const unread = [...this.node.attributes.keys()].filter(
      (name) => !this.#read.has(name) && !isHarmless(name),
    );
    if (unread.length > 0) this.unsupported(`attribute ${unread.map(quoted).join(", ")}`);
  }
}
