import { elementWiseTesting } from "../../element_wise/testing.js";
import type { HardSwish } from "./spec.js";

export const testing = elementWiseTesting<HardSwish>(
  [{ op: "HardSwish" }],
  [
    [
      { op: "HardSwish" },
      [
        [-4, 0, 0],
        [-3, 0, 0],
        [0, 0, 0.5],
        [1.5, 1.125, 1],
        [3, 3, 1],
        [4, 4, 1],
      ],
    ],
  ],
  { roundsInput: () => true },
);
