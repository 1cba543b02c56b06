import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Softsign } from "./spec.js";

export const testing = elementWiseTesting<Softsign>(
  [{ op: "Softsign" }],
  [
    [
      { op: "Softsign" },
      [
        [0, 0, 1],
        [1, 0.5, 0.25],
        [-3, -0.75, 1 / 16],
      ],
    ],
  ],
);
