import { type Operator, type Shape, sizeOf } from "../../src/network/spec.js";
import { randomValues } from "./random_values.js";
import { singleNode } from "./single_node.js";
import type { StepCase } from "./wgsl_step.js";

/**
 * A step on random values; `choice` 0 to 3 goes through the ways in which a vjp may end (added to what is there, masked)
 * and with them numbers of images and lanes, a backward pass on some of the images, out of order, and clamps.
 *
 * @param granularity values are multiples of it; coarse ones make ties and exact sums
 */
export function randomStep(
  operator: Operator,
  shapes: readonly Shape[],
  choice: number,
  granularity = 2 ** -20,
): StepCase {
  const random = randomValues(choice + 7 * shapes.length + sizeOf(shapes[0] ?? []));
  const values = (length: number) =>
    Float32Array.from({ length }, () => Math.round(random.uniform(-2, 2) / granularity) * granularity);
  const node = singleNode(operator, ...shapes);
  const images = [1, 3, 2, 4][choice];
  const lanes = [1, 3, 10, 2][choice];
  const slots = [[0], [0, 1, 2], [1], [3, 0, 2]][choice];
  return {
    node,
    inputs: Array.from({ length: images }, () => shapes.map((shape) => values(sizeOf(shape)))),
    lanes,
    slots,
    added: choice === 1 || choice === 3,
    ...(choice >= 2 && { mask: { low: -0.5, high: 1.5 } }),
    gy: values(sizeOf(node.shape) * slots.length * lanes),
  };
}
