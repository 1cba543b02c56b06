import { type Activation, isActivation, type Operand } from "../dataflow/activation.js";
import { axesOf, axisOf } from "../dataflow/axes.js";
import { Flow, type FlowContext } from "../dataflow/flow.js";
import { listOf } from "../dataflow/places.js";
import type { Tensor } from "../dataflow/tensor.js";
import { quoted, valueText } from "../failure.js";
import type { AttributeProto, NodeProto } from "./proto.js";
import type { TensorReader } from "./tensors.js";

/** What a model says of itself that its operators depend on. */
export interface OnnxContext extends FlowContext {
  readonly opset: number;
  readonly tensors: TensorReader;
}

/** Lists of axes, lengths, parts and operands are shorter. */
export const LONGEST_LIST = 4096;

/** One node: its operands and attributes, of which none may be left unread. */
export class OnnxNode extends Flow {
  readonly #attributes: ReadonlyMap<string, AttributeProto>;
  readonly #read = new Set<string>();
  readonly #onnx: OnnxContext;

  constructor(
    context: OnnxContext,
    readonly proto: NodeProto,
    /** Undefined where an optional input is left out. */
    readonly operands: readonly (Operand | undefined)[],
    /** Whether nothing reads its first output but the end of the network. */
    readonly isLast: boolean,
  ) {
    super(context, nameOf(proto), proto.type);
    this.#onnx = context;
    this.#attributes = new Map(proto.attributes.map((attribute) => [attribute.name, attribute]));
  }

  /** Version of the default operator set. */
  get opset(): number {
    return this.#onnx.opset;
  }

  override get wayAround(): string {
    return "export it for one image (batch size 1), which it then computes by itself";
  }

  /** @throws ModelError where it is missing */
  operand(index: number): Operand {
    return this.operands[index] ?? this.reject(`input ${index} is missing`);
  }

  /** All operands, of which none may be missing. */
  get all(): readonly Operand[] {
    if (this.operands.length === 0) this.reject("it reads nothing");
    return this.operands.map((_, i) => this.operand(i));
  }

  /** An operand that must depend on the image. */
  activation(index: number): Activation {
    const operand = this.operand(index);
    return isActivation(operand) ? operand : this.ofConstants();
  }

  /** An operand that must not depend on the image. */
  given(index: number, what: string): Tensor {
    return this.optional(index, what) ?? this.reject(`its ${what} is missing`);
  }

  optional(index: number, what: string): Tensor | undefined {
    const operand = this.operands[index];
    if (isActivation(operand))
      return this.unsupported(`${what} ${/[^a]s$/.test(what) ? "depend" : "depends"} on the image`);
    return operand;
  }

  /** What a constant would be for several images, where that is something else. */
  several(index: number): Tensor | undefined {
    const operand = this.operands[index];
    return operand && !isActivation(operand) ? operand.several : undefined;
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  #attribute(name: string): AttributeProto | undefined {
    this.#read.add(name);
    return this.#attributes.get(name);
  }

  integer(name: string, fallback?: number): number {
    const value = this.#attribute(name)?.int ?? (this.has(name) ? 0 : fallback);
    if (value === undefined || !Number.isInteger(value)) return this.reject(`attribute ${name} is missing`);
    return value;
  }

  flag(name: string, fallback: boolean): boolean {
    return this.integer(name, fallback ? 1 : 0) !== 0;
  }

  float(name: string, fallback: number): number {
    const value = this.#attribute(name)?.float ?? (this.has(name) ? 0 : fallback);
    return Number.isFinite(value)
      ? value
      : this.reject(`attribute ${name} is ${value}, expected a finite number`);
  }

  text(name: string, fallback: string): string {
    return this.#attribute(name)?.text ?? fallback;
  }

  integers(name: string): number[] | undefined {
    const ints = this.#attribute(name)?.ints;
    if (ints && ints.length > LONGEST_LIST)
      this.reject(`attribute ${name} has ${ints.length} numbers, expected at most ${LONGEST_LIST}`);
    return ints;
  }

  floats(name: string): number[] | undefined {
    return this.#attribute(name)?.floats;
  }

  tensor(name: string): Tensor | undefined {
    const proto = this.#attribute(name)?.tensor;
    return proto && this.#onnx.tensors.read(proto);
  }

  /** Attributes that change nothing of the result. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** A list that was an attribute before it became an input. */
  list(attribute: string, input: number): number[] | undefined {
    const tensor = this.optional(input, attribute);
    if (tensor && tensor.data.length > LONGEST_LIST)
      this.reject(`its ${attribute} are ${tensor.data.length} numbers, expected at most ${LONGEST_LIST}`);
    return tensor ? listOf(tensor) : this.integers(attribute);
  }

  axis(name: string, fallback: number, rank: number): number {
    return axisOf(this, this.integer(name, fallback), rank);
  }

  axes(axes: readonly number[], rank: number): number[] {
    return axesOf(this, axes, rank);
  }

  /** @throws UnsupportedOperatorError for an attribute that nobody has looked at: it would be ignored in silence */
  refuseUnread(): void {
    const unread = [...this.#attributes.keys()].filter((name) => !this.#read.has(name));
    if (unread.length > 0) this.unsupported(`attribute ${unread.map(quoted).join(", ")}`);
  }

  /** A value of an attribute that must be one of these. */
  choice<T extends string>(name: string, fallback: T, among: readonly T[]): T {
    const value = this.text(name, fallback);
    return among.find((one) => one === value) ?? this.unsupported(`${name} ${valueText(value)}`);
  }
}

/** A node's name; exporters may leave it out. */
export function nameOf({ name, outputs, type }: NodeProto): string {
  return name || outputs[0] || type;
}
