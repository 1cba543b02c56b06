import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Swish } from "./spec.js";

export const testing = elementWiseTesting<Swish>(
  [{ op: "Swish" }],
  [
    [
      { op: "Swish" },
      [
        [0, 0, 0.5],
        [Math.LN2, (Math.LN2 * 2) / 3, 2 / 3 + (Math.LN2 * 2) / 9],
        [-800, 0, 0],
      ],
    ],
  ],
);
