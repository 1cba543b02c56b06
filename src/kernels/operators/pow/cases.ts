import { elementWiseTesting } from "../../element_wise/testing.js";
import { condition } from "./reference.js";
import type { Pow } from "./spec.js";

const swept = elementWiseTesting<Pow>(
  [2, 3, 0.5, -1, -2, 2.5, -1.75].map((exponent) => ({ op: "Pow", exponent })),
  [
    [
      { op: "Pow", exponent: 3 },
      [
        [2, 8, 12],
        [-2, -8, 12],
        [0, 0, 0],
      ],
    ],
    [
      { op: "Pow", exponent: -2 },
      [
        [2, 0.25, -0.25],
        [-2, 0.25, 0.25],
      ],
    ],
    [{ op: "Pow", exponent: 0.5 }, [[4, 2, 0.25]]],
    [
      { op: "Pow", exponent: 0 },
      [
        [4, 1, 0],
        [0, 1, 0],
      ],
    ],
  ],
  {
    unbounded: true,
    defined: ({ exponent }, x) => x > 0 || (x < 0 && Number.isInteger(exponent)),
    condition,
    domain: [0.75, 1.5],
  },
);

/** One that is no product on any engine, too steep for differences. */
const steep = swept.samples.map(({ shapes }) => ({ operator: { op: "Pow", exponent: 17 } as Pow, shapes }));

export const testing = { ...swept, samples: [...swept.samples, steep[0]] };
