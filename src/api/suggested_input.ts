import { factsOf } from "../kernels/operators/facts_of.js";
import type { InputTransform } from "../network/input.js";
import type { Network, Shape } from "../network/spec.js";

/** What the images should be, as far as the model says. */
export interface SuggestedInput {
  readonly shape: Shape;
  readonly range: readonly [number, number];
  readonly note: string;
}

/** What can be told of the images that the model wants: one that starts by dividing by about 128 or 255 takes bytes. */
export function suggestInput(network: Network): Omit<SuggestedInput, "shape"> {
  if (takesBytes(network))
    return {
      range: [0, 255],
      note: "the model rescales pixels itself: with --range 0,255 pass --mean 0 --std 1/255 to hand them over unchanged",
    };
  return {
    range: [0, 1],
    note: "pixels in --range reach the model as (x - mean) / std of 0..1; the file does not say which --mean and --std it was trained with",
  };
}

/** It divides by about 128 or 255 itself. */
function takesBytes(network: Network): boolean {
  const scale = firstScale(network);
  return scale !== undefined && scale > 1 / 300 && scale < 1 / 100;
}

/**
 * What is odd about the numbers that reach a network: one that rescales bytes and gets 0 to 1 sees nothing but black.
 *
 * @param scale of pixels in 0..1, one for each channel
 */
export function rescaledTwice(
  network: Network,
  { scale, range: [low, high] }: InputTransform,
): string | undefined {
  const widest = Math.max(...Array.from(scale, (factor) => Math.abs(factor) * (high - low)));
  return takesBytes(network) && widest < SMALLEST_BYTES
    ? `compile: "${network.name}" rescales bytes itself, but what reaches it spans ${Number(widest.toPrecision(3))}, expected about 255; pass input { range: [0, 255], mean: 0, std: 1 / 255 }`
    : undefined;
}

/** Bytes span 255; nobody who means them has images that span less than this. */
const SMALLEST_BYTES = 16;

/** The factor that the network multiplies its input by first, if it does. */
function firstScale({ nodes, input }: Network): number | undefined {
  const first = nodes.find((node) => node.inputs.includes(input.name));
  const constants = new Map(nodes.map((node) => [node.name, node]));
  const affine =
    first &&
    factsOf(first).affine?.(first, input, (name) => {
      const node = constants.get(name);
      return node?.op === "Constant" ? node : undefined;
    });
  return affine?.scale[0];
}
