import { InvalidArgumentError } from "../errors.js";

/** How pixel values become network inputs; see {@link resolveInput}. */
export interface InputOptions {
  /** `[low, high]` of pixel values. Default `[0, 1]`. */
  readonly range?: readonly [number, number];
  /** Mean of the images rescaled to [0, 1], one value or one per channel. Default 0. */
  readonly mean?: number | readonly number[];
  /** Standard deviation of the images rescaled to [0, 1], one value or one per channel. Default 1. */
  readonly std?: number | readonly number[];
}

/** Per-channel affine map from pixel space to what the network sees: `input = pixel * scale[c] + offset[c]`. */
export interface InputTransform {
  readonly range: readonly [number, number];
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

const KEYS: readonly string[] = ["range", "mean", "std"] satisfies (keyof InputOptions)[];

/**
 * Resolves `compile`'s `input` option. The network sees `((x - low) / (high - low) - mean) / std`.
 *
 * @param channels length of the last axis of the network's input
 * @throws InvalidArgumentError for a key that is none of these (a misspelt mean would leave the images as they are), an
 *   empty range, a std that is not positive, or a wrong number of channels
 * @example
 * const { scale, offset } = resolveInput({ range: [0, 255], mean: 0.5, std: 0.25 }, 3);
 */
export function resolveInput(options: InputOptions | undefined, channels: number): InputTransform {
  checkKeys(options);
  const [low, high] = options?.range ?? [0, 1];
  if (!Number.isFinite(low) || !Number.isFinite(high) || low >= high)
    throw new InvalidArgumentError(
      `compile: input.range is [${low}, ${high}], expected [low, high] with low < high`,
    );
  const mean = perChannel("mean", options?.mean ?? 0, channels);
  const std = perChannel("std", options?.std ?? 1, channels);
  if (std.some((s) => s <= 0))
    throw new InvalidArgumentError(`compile: input.std is [${std}], expected positive values`);
  const width = high - low;
  return {
    range: [low, high],
    scale: std.map((s) => 1 / (width * s)),
    offset: std.map((s, c) => (-low / width - mean[c]) / s),
  };
}

function checkKeys(options: unknown): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new InvalidArgumentError(
      `compile: input is ${Array.isArray(options) ? "an array" : options}, expected an object with range, mean and std`,
    );
  for (const key of Object.keys(options))
    if (!KEYS.includes(key))
      throw new InvalidArgumentError(`compile: unknown option "input.${key}", expected ${KEYS.join(", ")}`);
}

function perChannel(name: string, value: number | readonly number[], channels: number): number[] {
  const values = typeof value === "number" ? [value] : [...value];
  if ((values.length !== 1 && values.length !== channels) || !values.every(Number.isFinite))
    throw new InvalidArgumentError(
      `compile: input.${name} is [${values}], expected one finite value or ${channels}, one per channel`,
    );
  return values.length === channels ? values : new Array<number>(channels).fill(values[0]);
}
