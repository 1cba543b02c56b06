import { elementWiseTesting } from "../../element_wise/testing.js";
import type { HardSigmoid } from "./spec.js";

export const testing = elementWiseTesting<HardSigmoid>(
  [
    { op: "HardSigmoid", alpha: 0.25, beta: 0.5 },
    { op: "HardSigmoid", alpha: 1 / 6, beta: 0.5 },
  ],
  [
    [
      { op: "HardSigmoid", alpha: 0.25, beta: 0.5 },
      [
        [-2, 0, 0],
        [0, 0.5, 0.25],
        [1, 0.75, 0.25],
        [2, 1, 0],
        [3, 1, 0],
      ],
    ],
  ],
  { roundsInput: () => true },
);
