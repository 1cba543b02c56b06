import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Abs } from "./spec.js";

export const testing = elementWiseTesting<Abs>(
  [{ op: "Abs" }],
  [
    [
      { op: "Abs" },
      [
        [-3, 3, -1],
        [0, 0, 0],
        [0.5, 0.5, 1],
      ],
    ],
  ],
);
