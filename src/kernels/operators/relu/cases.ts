import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Relu } from "./spec.js";

export const testing = elementWiseTesting<Relu>(
  [{ op: "Relu" }],
  [
    [
      { op: "Relu" },
      [
        [-1, 0, 0],
        [0, 0, 0],
        [2, 2, 1],
      ],
    ],
  ],
);
