import { show } from "../engines/arguments.js";
import type { Engine } from "../engines/engine.js";
import { InvalidArgumentError } from "../errors.js";

export { checkSignal } from "../engines/arguments.js";

/** Checks of option values. Each returns the value or throws an InvalidArgumentError of one line. */

export function integer(caller: string, name: string, value: unknown, low: number, high = Infinity): number {
  const bounded = high === Infinity ? `an integer >= ${low}` : `an integer from ${low} to ${high}`;
  if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high)
    throw new InvalidArgumentError(`${caller}: ${name} is ${show(value)}, expected ${bounded}`);
  return value;
}

export function positive(caller: string, name: string, value: unknown, unit = ""): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError(
      `${caller}: ${name} is ${show(value)}, expected a positive number${unit && ` of ${unit}`}`,
    );
  return value;
}

export function nonNegative(caller: string, name: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError(`${caller}: ${name} is ${show(value)}, expected a finite number >= 0`);
  return value;
}

/** A share: at least 0 and below 1. */
export function share(caller: string, name: string, value: unknown): number {
  if (typeof value !== "number" || !(value >= 0 && value < 1))
    throw new InvalidArgumentError(`${caller}: ${name} is ${show(value)}, expected a number in [0, 1)`);
  return value;
}

export function oneOf<T>(caller: string, name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined)
    throw new InvalidArgumentError(
      `${caller}: ${name} is ${show(value)}, expected ${allowed.map(show).join(" or ")}`,
    );
  return found;
}

export function flag(caller: string, name: string, value: unknown): boolean {
  return oneOf(caller, name, value, [true, false]);
}

/** `[low, high]` with low < high, both finite. */
export function interval(caller: string, name: string, value: unknown): readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(Number.isFinite) || value[0] >= value[1])
    throw new InvalidArgumentError(
      `${caller}: ${name} is ${show(value)}, expected [low, high] with low < high`,
    );
  return [value[0], value[1]];
}

/** A function to call back, or none. */
export function checkCallback(caller: string, name: string, callback: unknown): void {
  if (callback != null && typeof callback !== "function")
    throw new InvalidArgumentError(`${caller}: ${name} is ${show(callback)}, expected a function`);
}

/** An options object, or undefined for none, whose keys are all known: a misspelt option is not ignored. */
export function optionsObject<T extends object>(
  caller: string,
  options: T | undefined,
  keys: readonly (keyof T & string)[],
  name = "options",
): Partial<T> {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new InvalidArgumentError(`${caller}: ${name} is ${show(options)}, expected an object`);
  for (const key of Object.keys(options)) {
    if (keys.some((known) => known === key)) continue;
    // What others call the radius of the ball.
    const meant = /^eps(ilon)?$/i.test(key) && keys.find((known) => known === "radius");
    throw new InvalidArgumentError(
      `${caller}: unknown option "${key}", expected ${meant || keys.join(", ")}`,
    );
  }
  return options;
}

/** Any object that satisfies the `Engine` interface; two classes at least. */
export function checkEngine(caller: string, engine: Engine): void {
  const complete =
    typeof engine === "object" &&
    engine !== null &&
    typeof engine.logits === "function" &&
    typeof engine.jacobian === "function" &&
    Array.isArray(engine.inputShape) &&
    Array.isArray(engine.range);
  if (!complete)
    throw new InvalidArgumentError(
      `${caller}: engine is ${show(engine)}, expected an Engine (inputShape, classes, range, logits, jacobian)`,
    );
  integer(caller, "engine.classes", engine.classes, 2);
  interval(caller, "engine.range", engine.range);
}
