import { type Activation, isActivation, type Operand } from "../../dataflow/activation.js";
import { axesOf } from "../../dataflow/axes.js";
import type { Flow } from "../../dataflow/flow.js";
import { listOf } from "../../dataflow/places.js";
import { isRecord, valueText } from "../../failure.js";
import { constantOf } from "../constant_argument.js";
import type { LayerCall } from "../layer_call.js";
import { TensorArgument } from "../references.js";

/** Arguments that say nothing about the result. */
const HARMLESS: ReadonlySet<string> = new Set(["name", "training", "dtype", "out_type"]);

/**
 * A call of a function on tensors that Keras keeps as a layer: `tf.reduce_mean(x, axis=[1, 2])`. Arguments come by position or
 * by name; what Keras 3 stores of an operation is in the settings of its layer.
 */
export class OperationCall {
  readonly #read = new Set<string>();

  constructor(
    readonly call: LayerCall,
    private readonly args: readonly unknown[],
    private readonly kwargs: Readonly<Record<string, unknown>>,
  ) {}

  get flow(): Flow {
    return this.call.flow;
  }

  /** An argument by its place, or by any of its names; undefined where there is none, or it is null. */
  argument(place: number, ...names: readonly string[]): unknown {
    for (const name of names) this.#read.add(name);
    const named = names.map((name) => this.kwargs[name]).find((value) => value !== undefined);
    return this.args[place] ?? named ?? undefined;
  }

  operand(place: number, ...names: readonly string[]): Operand {
    const value = this.argument(place, ...names);
    return this.#operand(value) ?? this.#reject(place, names, value, "a tensor or numbers");
  }

  /** A value that depends on the image. */
  activation(place: number, ...names: readonly string[]): Activation {
    const operand = this.operand(place, ...names);
    return isActivation(operand)
      ? operand
      : this.#reject(place, names, this.argument(place, ...names), "a tensor");
  }

  operands(place: number, ...names: readonly string[]): Operand[] {
    const value = this.argument(place, ...names);
    const list = Array.isArray(value) ? value : [value];
    return list.map((item) => this.#operand(item) ?? this.#reject(place, names, value, "tensors"));
  }

  #operand(value: unknown): Operand | undefined {
    return value instanceof TensorArgument ? this.call.inputs[value.index] : constantOf(value);
  }

  /** Whole numbers in a list, or one; undefined where the argument is missing. */
  integers(place: number, ...names: readonly string[]): number[] | undefined {
    const value = this.argument(place, ...names);
    if (value === undefined) return undefined;
    const constant = constantOf(value);
    const list = constant && listOf(constant);
    return list?.every(Number.isSafeInteger) ? list : this.#reject(place, names, value, "whole numbers");
  }

  integer(place: number, fallback: number, ...names: readonly string[]): number {
    const [first = fallback] = this.integers(place, ...names) ?? [];
    return first;
  }

  number(place: number, fallback: number, ...names: readonly string[]): number {
    const value = this.argument(place, ...names) ?? fallback;
    return typeof value === "number" ? value : this.#reject(place, names, value, "a number");
  }

  flag(place: number, fallback: boolean, ...names: readonly string[]): boolean {
    const value = this.argument(place, ...names) ?? fallback;
    return typeof value === "boolean" ? value : this.#reject(place, names, value, "true or false");
  }

  text(place: number, fallback: string, ...names: readonly string[]): string {
    const value = this.argument(place, ...names) ?? fallback;
    return typeof value === "string" ? value : this.#reject(place, names, value, "a string");
  }

  /** Axes of `x`, all but the batch where the argument is missing. */
  axes(x: Activation, place: number, ...names: readonly string[]): number[] {
    const given = this.integers(place, ...names);
    return given ? axesOf(this.flow, given, x.dims.length) : x.dims.map((_, axis) => axis).slice(1);
  }

  /** @throws UnsupportedOperatorError for an argument that nobody has looked at */
  refuseUnread(): void {
    const unread = Object.entries(this.kwargs).filter(
      ([name, value]) => !this.#read.has(name) && !HARMLESS.has(name) && (value ?? undefined) !== undefined,
    );
    if (unread.length > 0)
      this.call.unsupported(unread.map(([name, value]) => `argument ${name} = ${shown(value)}`).join(", "));
  }

  #reject(place: number, names: readonly string[], value: unknown, expected: string): never {
    return this.call.reject(`argument ${names[0] ?? place} is ${shown(value)}, expected ${expected}`);
  }
}

function shown(value: unknown): string {
  if (value instanceof TensorArgument) return "a tensor";
  return valueText(isRecord(value) ? "an object" : value);
}
