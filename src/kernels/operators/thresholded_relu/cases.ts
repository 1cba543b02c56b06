import { elementWiseTesting } from "../../element_wise/testing.js";
import type { ThresholdedRelu } from "./spec.js";

export const testing = elementWiseTesting<ThresholdedRelu>(
  [{ op: "ThresholdedRelu", alpha: 0.5 }],
  [
    [
      { op: "ThresholdedRelu", alpha: 1 },
      [
        [0.5, 0, 0],
        [1, 0, 0],
        [1.5, 1.5, 1],
      ],
    ],
  ],
);
