/**
 * Checks of a node's attributes. A network may be written by hand or read from a hostile file, so nothing is
 * taken from the types alone; every failure is a one-line {@link ModelError} that names node and operator.
 */

import { ModelError } from "../errors.js";
import { firstNotFinite } from "./finite.js";
import type { NodeSpec, Shape } from "./node.js";

/** `8x8x3`, for messages. */
export function shapeText(shape: Shape): string {
  return shape.length ? shape.join("x") : "scalar";
}

/** A value from a file as it may stand in a one-line message: control characters escaped, at most 100 characters. */
export function nameText(value: unknown): string {
  const text = JSON.stringify(String(value).slice(0, 101)).slice(1, -1);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

/** @throws ModelError always */
export function rejectNode(node: NodeSpec, problem: string): never {
  throw new ModelError(`compile: node "${nameText(node.name)}" (${nameText(node.op)}): ${problem}`);
}

export function isPositiveIntegers(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.every((v) => Number.isSafeInteger(v) && v > 0);
}

/** @throws ModelError unless `value` is `length` integers (any number of them if undefined), each at least `least` */
export function checkIntegers(
  node: NodeSpec,
  attribute: string,
  value: readonly number[],
  length: number | undefined,
  least: number,
): void {
  const valid =
    Array.isArray(value) &&
    (length === undefined || value.length === length) &&
    value.every((v) => Number.isSafeInteger(v) && v >= least);
  if (!valid)
    rejectNode(
      node,
      `${attribute} is ${listText(value)}, expected ${length ?? "a list of"} integers of at least ${least}`,
    );
}

/** @throws ModelError unless `value` is an integer of at least `least` */
export function checkInteger(node: NodeSpec, attribute: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    rejectNode(node, `${attribute} is ${value}, expected an integer of at least ${least}`);
}

/** @throws ModelError unless `value` is a finite number */
export function checkFinite(node: NodeSpec, attribute: string, value: number): void {
  if (!Number.isFinite(value)) rejectNode(node, `${attribute} is ${value}, expected a finite number`);
}

/** @throws ModelError unless `value` is one of `choices` */
export function checkChoice(
  node: NodeSpec,
  attribute: string,
  value: string,
  choices: readonly string[],
): void {
  if (!choices.includes(value))
    rejectNode(node, `${attribute} is ${nameText(value)}, expected ${choices.join(", ")}`);
}

/**
 * @param meaning what the length is made of, for the message
 * @throws ModelError unless `value` is a Float32Array of `length` finite values
 */
export function checkValues(
  node: NodeSpec,
  attribute: string,
  value: Float32Array,
  length: number,
  meaning: string,
): void {
  checkFloats(node, attribute, value);
  if (value.length !== length)
    rejectNode(node, `${attribute} has ${value.length} values, expected ${length} (${meaning})`);
}

/** @throws ModelError unless `value` is a Float32Array of finite values */
export function checkFloats(node: NodeSpec, attribute: string, value: Float32Array): void {
  if (!(value instanceof Float32Array))
    rejectNode(node, `${attribute} is ${typeof value}, expected a Float32Array`);
  const i = firstNotFinite(value);
  if (i >= 0) rejectNode(node, `${attribute}[${i}] is ${value[i]}, expected finite values`);
}

/** @throws ModelError unless the input has `rank` axes, `layout` being their names */
export function checkRank(node: NodeSpec, input: Shape, rank: number, layout: string): void {
  if (input.length !== rank) rejectNode(node, `input shape is ${shapeText(input)}, expected ${layout}`);
}

function listText(value: unknown): string {
  return Array.isArray(value) ? `[${nameText(value)}]` : nameText(value);
}
