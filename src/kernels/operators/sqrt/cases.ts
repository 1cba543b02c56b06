import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Sqrt } from "./spec.js";

export const testing = elementWiseTesting<Sqrt>(
  [{ op: "Sqrt" }],
  [
    [
      { op: "Sqrt" },
      [
        [4, 2, 0.25],
        [0.0625, 0.25, 2],
      ],
    ],
  ],
  { unbounded: true, defined: (_operator, x) => x > 0, domain: [0.5, 4] },
);
