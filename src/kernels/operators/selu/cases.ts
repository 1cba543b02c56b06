import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Selu } from "./spec.js";

export const testing = elementWiseTesting<Selu>(
  [{ op: "Selu" }],
  [
    [
      { op: "Selu" },
      [
        [2, 2.101401974710961, 1.0507009873554805],
        [-50, -1.7580993408473766, 0],
      ],
    ],
  ],
);
