import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Elu } from "./spec.js";

export const testing = elementWiseTesting<Elu>(
  [
    { op: "Elu", alpha: 1 },
    { op: "Elu", alpha: 0.5 },
  ],
  [
    [
      { op: "Elu", alpha: 2 },
      [
        [-Math.LN2, -1, 1],
        [0, 0, 2],
        [3, 3, 1],
      ],
    ],
  ],
);
