import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Clip } from "./spec.js";

export const testing = elementWiseTesting<Clip>(
  [
    { op: "Clip", min: 0, max: 6 },
    { op: "Clip", min: -0.5, max: 0.75 },
  ],
  [
    [
      { op: "Clip", min: 0, max: 6 },
      [
        [-1, 0, 0],
        [0, 0, 0],
        [1, 1, 1],
        [6, 6, 0],
        [7, 6, 0],
      ],
    ],
    [
      { op: "Clip", min: -1, max: 1 },
      [
        [-2, -1, 0],
        [-1, -1, 0],
        [0, 0, 1],
        [1, 1, 0],
      ],
    ],
    [
      { op: "Clip", min: 0, max: Infinity },
      [
        [-1, 0, 0],
        [0, 0, 0],
        [9, 9, 1],
      ],
    ],
  ],
);
