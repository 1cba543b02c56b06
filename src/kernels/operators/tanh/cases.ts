import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Tanh } from "./spec.js";

export const testing = elementWiseTesting<Tanh>(
  [{ op: "Tanh" }],
  [
    [
      { op: "Tanh" },
      [
        [0, 0, 1],
        [Math.log(3) / 2, 0.5, 0.75],
        [-50, -1, 0],
      ],
    ],
  ],
);
