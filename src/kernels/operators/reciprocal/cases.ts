import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Reciprocal } from "./spec.js";

export const testing = elementWiseTesting<Reciprocal>(
  [{ op: "Reciprocal" }],
  [
    [
      { op: "Reciprocal" },
      [
        [4, 0.25, -0.0625],
        [-0.5, -2, -4],
      ],
    ],
  ],
  { unbounded: true, defined: (_operator, x) => x !== 0, domain: [0.75, 4] },
);
