import { elementWiseTesting } from "../../element_wise/testing.js";
import type { LeakyRelu } from "./spec.js";

export const testing = elementWiseTesting<LeakyRelu>(
  [
    { op: "LeakyRelu", alpha: 0.25 },
    { op: "LeakyRelu", alpha: 0 },
  ],
  [
    [
      { op: "LeakyRelu", alpha: 0.25 },
      [
        [-2, -0.5, 0.25],
        [0, 0, 0.25],
        [2, 2, 1],
      ],
    ],
  ],
);
