import { elementWiseTesting } from "../../element_wise/testing.js";
import type { Gelu } from "./spec.js";

export const testing = elementWiseTesting<Gelu>(
  [
    { op: "Gelu", approximate: "none" },
    { op: "Gelu", approximate: "tanh" },
  ],
  [
    // Phi(1) and phi(1) from tables of the normal distribution.
    [
      { op: "Gelu", approximate: "none" },
      [
        [0, 0, 0.5],
        [1, 0.8413447460685429, 0.8413447460685429 + 0.24197072451914337],
        [-40, 0, 0],
      ],
    ],
    [
      { op: "Gelu", approximate: "tanh" },
      [
        [0, 0, 0.5],
        [1, 0.8411919906082768, 1.0829640838457826],
        [-40, 0, 0],
      ],
    ],
  ],
  { cancellation: 2 ** -50, roundsInput: ({ approximate }) => approximate === "tanh" },
);
