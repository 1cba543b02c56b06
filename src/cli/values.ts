import { UsageError } from "./errors.js";

const DECIMAL = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`;
const NUMBER = new RegExp(String.raw`^\s*(${DECIMAL})\s*(?:/\s*(${DECIMAL})\s*)?$`);

/**
 * A number as the user writes it: `0.04`, `1e-3`, or a quotient such as `10/255`.
 *
 * @throws UsageError if it is anything else, or divides by zero
 */
export function parseNumber(option: string, text: string): number {
  const match = NUMBER.exec(text);
  const value = match ? Number(match[1]) / Number(match[2] ?? 1) : Number.NaN;
  if (!Number.isFinite(value))
    throw new UsageError(`${option} is "${text}", expected a number such as 0.04 or 10/255`);
  return value;
}

/** @throws UsageError unless the number is greater than zero */
export function parsePositive(option: string, text: string): number {
  const value = parseNumber(option, text);
  if (value <= 0) throw new UsageError(`${option} is ${text}, expected a number greater than 0`);
  return value;
}

/** @throws UsageError unless the number is zero or more */
export function parseNonNegative(option: string, text: string): number {
  const value = parseNumber(option, text);
  if (value < 0) throw new UsageError(`${option} is ${text}, expected 0 or more`);
  return value;
}

/** @throws UsageError unless the number is at least 0 and less than 1 */
export function parseShare(option: string, text: string): number {
  const value = parseNumber(option, text);
  if (value < 0 || value >= 1)
    throw new UsageError(`${option} is ${text}, expected a share of at least 0 and less than 1`);
  return value;
}

/** @throws UsageError unless the text is a whole number of at least `least` */
export function parseInteger(option: string, text: string, least: number): number {
  const value = parseNumber(option, text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new UsageError(`${option} is ${text}, expected a whole number of at least ${least}`);
  return value;
}

/** Numbers separated by commas or spaces, brackets allowed: `0.485,0.456,0.406`. */
export function parseList(option: string, text: string): number[] {
  const inner = text.replace(/^\s*\[/, "").replace(/\]\s*$/, "");
  const items = inner.trim().split(/\s*,\s*|\s+/);
  return items.map((item) => parseNumber(option, item));
}

/** Two numbers, low and high, as `0,1`, `0..255` or `[-1, 1]`. */
export function parseRange(option: string, text: string): readonly [number, number] {
  const values = text.includes("..")
    ? text.split("..").map((item) => parseNumber(option, item))
    : parseList(option, text);
  if (values.length !== 2 || values[0] >= values[1])
    throw new UsageError(`${option} is "${text}", expected low,high such as 0,1 or 0..255`);
  return [values[0], values[1]];
}

/** The norm of a perturbation: 2 or infinity. */
export function parseNorm(option: string, text: string): 2 | typeof Infinity {
  const name = text.trim().toLowerCase().replace(/^l_?/, "");
  if (name === "2") return 2;
  if (name === "inf" || name === "infinity") return Infinity;
  throw new UsageError(`${option} is "${text}", expected 2 or inf`);
}

/** @throws UsageError unless the text is one of `choices` */
export function parseChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined)
    throw new UsageError(`${option} is "${text}", expected one of ${choices.join(", ")}`);
  return found;
}

/** Sizes as `224,224,3` or `224x224x3`. */
export function parseShape(option: string, text: string): number[] {
  return parseList(option, text.replaceAll("x", ",")).map((size) => {
    if (!Number.isSafeInteger(size) || size < 1)
      throw new UsageError(`${option} is ${text}, expected sizes such as 224,224,3`);
    return size;
  });
}
