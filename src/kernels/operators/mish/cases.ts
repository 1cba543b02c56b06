import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Mish } from "./spec.js";

export const testing = elementWiseTesting<Mish>(
  [{ op: "Mish" }],
  [
    // tanh(log 2) = 3/5 and so on.
    [
      { op: "Mish" },
      [
        [0, 0, 0.6],
        [800, 800, 1],
        [-800, 0, 0],
      ],
    ],
  ],
  { cancellation: 2 ** -50 },
);
