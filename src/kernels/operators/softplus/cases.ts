import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Softplus } from "./spec.js";

export const testing = elementWiseTesting<Softplus>(
  [{ op: "Softplus" }],
  [
    [
      { op: "Softplus" },
      [
        [0, Math.LN2, 0.5],
        [800, 800, 1],
        [-800, 0, 0],
      ],
    ],
  ],
);
