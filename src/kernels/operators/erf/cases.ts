import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Erf } from "./spec.js";

export const testing = elementWiseTesting<Erf>(
  [{ op: "Erf" }],
  [
    [
      { op: "Erf" },
      [
        [0, 0, 2 / Math.sqrt(Math.PI)],
        [1, 0.8427007929497149, 0.41510749742059466],
        [-40, -1, 0],
      ],
    ],
  ],
  { cancellation: 2 ** -50 },
);
