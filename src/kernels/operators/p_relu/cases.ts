import { elementWiseTesting, UNIT_SHAPE } from "../../element_wise/testing.js";
import { type Shape, sizeOf } from "../../node.js";
import type { Example, OperatorTesting } from "../../testing.js";
import type { PRelu } from "./spec.js";

/** With a slope for each channel or each unit of `shape`; one of them negative, one zero, one above 1. */
export function prelu(shape: Shape, per: "channel" | "unit"): PRelu {
  const count = per === "channel" ? shape[shape.length - 1] : sizeOf(shape);
  const slopes = [0.25, -0.5, 0, 1.5, 0.125];
  return { op: "PRelu", slope: Float32Array.from({ length: count }, (_, i) => slopes[i % slopes.length]) };
}

const family = elementWiseTesting<PRelu>(
  [
    { op: "PRelu", slope: Float32Array.of(0.125) },
    { operator: prelu(UNIT_SHAPE, "channel"), shapes: [UNIT_SHAPE] },
    { operator: prelu(UNIT_SHAPE, "unit"), shapes: [UNIT_SHAPE] },
  ],
  [
    [
      { op: "PRelu", slope: Float32Array.of(-0.5) },
      [
        [-2, 1, -0.5],
        [0, 0, -0.5],
        [2, 2, 1],
      ],
    ],
  ],
);

/** A slope for all, for each channel, for each unit. */
const slopes = [[2], [1, 2], [1, 2, 3, 4]].map(
  (values): Example<PRelu> => ({
    name: `PRelu with ${values.length} slopes`,
    operator: { op: "PRelu", slope: Float32Array.from(values) },
    shapes: [[2, 2]],
    inputs: [[-1, -2, -3, -4]],
    shape: [2, 2],
    output: [-1, -2, -3, -4].map((x, i) => x * values[i % values.length]),
    cotangent: [1, 1, 1, 1],
    gradients: [[0, 1, 2, 3].map((i) => values[i % values.length])],
  }),
);

export const testing: OperatorTesting<PRelu> = { ...family, examples: [...family.examples, ...slopes] };
