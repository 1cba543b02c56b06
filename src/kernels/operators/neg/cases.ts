import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Neg } from "./spec.js";

export const testing = elementWiseTesting<Neg>(
  [{ op: "Neg" }],
  [
    [
      { op: "Neg" },
      [
        [3, -3, -1],
        [-0.5, 0.5, -1],
      ],
    ],
  ],
);
