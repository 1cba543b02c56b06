import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Sigmoid } from "./spec.js";

export const testing = elementWiseTesting<Sigmoid>(
  [{ op: "Sigmoid" }],
  [
    [
      { op: "Sigmoid" },
      [
        [0, 0.5, 0.25],
        [Math.LN2, 2 / 3, 2 / 9],
        [-800, 0, 0],
        [800, 1, 0],
      ],
    ],
  ],
);
