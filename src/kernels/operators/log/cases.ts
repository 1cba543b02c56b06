import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Log } from "./spec.js";

export const testing = elementWiseTesting<Log>(
  [{ op: "Log" }],
  [
    [
      { op: "Log" },
      [
        [1, 0, 1],
        [0.5, -Math.LN2, 2],
        [Math.E, 1, 1 / Math.E],
      ],
    ],
  ],
  { unbounded: true, defined: (_operator, x) => x > 0, domain: [0.5, 4] },
);
