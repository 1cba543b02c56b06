import { type Activation, isActivation, type Operand } from "../dataflow/activation.js";
import { axesOf, axisOf } from "../dataflow/axes.js";
import { Flow, type FlowContext } from "../dataflow/flow.js";
import { listOf } from "../dataflow/parts.js";
import type { Tensor } from "../dataflow/tensor.js";
import { channelsFirst, channelsLast, type ImageAxes } from "../dataflow/window.js";
import { isRecord, quoted, valueText } from "../failure.js";
import type { GraphNode } from "./topology.js";

export interface GraphContext extends FlowContext {
  /** Values of constants, by the node that is one. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /**
   * Images between SpaceToBatchND and BatchToSpaceND, and the factor that pixels are apart: the batch of small images that
   * the graph sees is one image here, on which a convolution is dilated.
   */
  readonly spread: WeakMap<Activation, readonly [number, number]>;
}

/** Attributes of types, names and hints that change no result. */
const HARMLESS = new Set([
  ...[
    "T",
    "Tidx",
    "Tshape",
    "Tpaddings",
    "Tdim",
    "Tdims",
    "Tperm",
    "Tindices",
    "Tparams",
    "Taxis",
    "Tlen",
    "Tsplits",
  ],
  ...[
    "Tblock_shape",
    "Tcrops",
    "Tmultiples",
    "Index",
    "N",
    "DstT",
    "SrcT",
    "U",
    "out_type",
    "output_type",
    "dtype",
  ],
  ...[
    "use_cudnn_on_gpu",
    "num_args",
    "num_split",
    "index_type",
    "Toutput_types",
    "Truncate",
    "TArgs",
    "element_dtype",
  ],
  ...["_output_shapes", "_class", "_XlaDevice", "_grappler_relu6", "epsilon_hint", "validate_indices", "num"],
  ...[
    "grad_x",
    "grad_y",
    "batch_dims",
    "exponential_avg_factor",
    "shape_type",
    "Tcond",
    "parallel_iterations",
  ],
]);

/** One node: its operands and attributes, of which none may be left unread. */
export class TfNode extends Flow {
  readonly #context: GraphContext;
  readonly #read = new Set<string>();

  constructor(
    context: GraphContext,
    readonly node: GraphNode,
    readonly operands: readonly Operand[],
    /** Whether it is an output of the network. */
    readonly isLast: boolean,
  ) {
    super(context, node.name, node.op);
    this.#context = context;
  }

  operand(index: number): Operand {
    return this.operands[index] ?? this.reject(`input ${index} is missing`);
  }

  activation(index: number): Activation {
    const operand = this.operand(index);
    return isActivation(operand) ? operand : this.unsupported("of constants");
  }

  given(index: number, what: string): Tensor {
    const operand = this.operand(index);
    return isActivation(operand) ? this.unsupported(`${what} that depends on the image`) : operand;
  }

  list(index: number, what: string): number[] {
    return listOf(this.given(index, what));
  }

  /** The value of a Const node. */
  get constantValue(): Tensor {
    return (
      this.#context.weights.get(this.name) ??
      this.reject("its value is not in the weights manifest, which holds every constant of a tfjs model")
    );
  }

  #attribute(name: string, kind: string): unknown {
    this.#read.add(name);
    const value = this.node.attributes.get(name);
    return isRecord(value) ? value[kind] : undefined;
  }

  integer(name: string, fallback: number): number {
    return Number(this.#attribute(name, "i") ?? fallback);
  }

  float(name: string, fallback: number): number {
    const value = Number(this.#attribute(name, "f") ?? fallback);
    return Number.isFinite(value)
      ? value
      : this.reject(`attribute ${name} is ${value}, expected a finite number`);
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#attribute(name, "b");
    return typeof value === "boolean" ? value : fallback;
  }

  /** Bytes, which JSON writes in base64. */
  text(name: string, fallback: string): string {
    const value = this.#attribute(name, "s");
    return value === undefined ? fallback : decodedText(value);
  }

  integers(name: string): number[] {
    const list = this.#attribute(name, "list");
    const values = isRecord(list) ? (list.i ?? []) : [];
    return Array.isArray(values) ? values.map(Number) : [];
  }

  texts(name: string): string[] {
    const list = this.#attribute(name, "list");
    const values = isRecord(list) ? (list.s ?? []) : [];
    return Array.isArray(values) ? values.map(decodedText) : [];
  }

  /** A type as TensorFlow names it, `DT_FLOAT`. */
  dataType(name: string): string {
    const value = this.#attribute(name, "type");
    return typeof value === "string" ? value : "";
  }

  /** Lengths of a shape; -1 where the graph leaves one open. Undefined for an unknown rank. */
  shape(name: string): number[] | undefined {
    const shape = this.#attribute(name, "shape");
    if (!isRecord(shape) || shape.unknownRank === true) return undefined;
    const dim = shape.dim ?? [];
    return Array.isArray(dim) ? dim.map((one) => (isRecord(one) ? Number(one.size ?? -1) : -1)) : undefined;
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

  /** How far apart the pixels of an image are that was spread over the batch. */
  spreadOf(x: Activation): readonly [number, number] | undefined {
    return this.#context.spread.get(x);
  }

  setSpread(x: Activation, factor: readonly [number, number]): Activation {
    const own = { ...x };
    this.#context.spread.set(own, factor);
    return own;
  }

  /** @throws UnsupportedOperatorError for an attribute that nobody has looked at: it would be ignored in silence */
  refuseUnread(): void {
    const unread = [...this.node.attributes.keys()].filter(
      (name) => !this.#read.has(name) && !HARMLESS.has(name),
    );
    if (unread.length > 0) this.unsupported(`attribute ${unread.map(quoted).join(", ")}`);
  }
}

function decodedText(value: unknown): string {
  if (typeof value !== "string") return "";
  try {
    return atob(value);
  } catch {
    // Written by hand as plain text.
    return value;
  }
}
