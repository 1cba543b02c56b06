import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Exp } from "./spec.js";

export const testing = elementWiseTesting<Exp>(
  [{ op: "Exp" }],
  [
    [
      { op: "Exp" },
      [
        [0, 1, 1],
        [Math.log(3), 3, 3],
        [-800, 0, 0],
      ],
    ],
  ],
  { unbounded: true, domain: [-4, 2] },
);
