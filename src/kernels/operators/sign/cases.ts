import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Sign } from "./spec.js";

export const testing = elementWiseTesting<Sign>(
  [{ op: "Sign" }],
  [
    [
      { op: "Sign" },
      [
        [-3, -1, 0],
        [0, 0, 0],
        [0.5, 1, 0],
      ],
    ],
  ],
  // What is denormal may be taken for 0.
  { flat: true, defined: (_operator, x) => x === 0 || Math.abs(x) >= 2 ** -126 },
);
