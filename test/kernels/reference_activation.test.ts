import { describe, expect, test } from "vitest";
import { erf } from "../../src/kernels/activation/functions.js";
import { referenceOperator } from "../../src/kernels/reference.js";
import type { Activation, Operator } from "../../src/network/spec.js";
import { expectValues } from "../support/expect_values.js";
import { singleNode } from "../support/single_node.js";

const f32 = (...values: number[]) => Float32Array.from(values);

describe("activations at and beside their kinks", () => {
  /** x, f(x), f'(x). */
  const points: [Activation, [number, number, number][]][] = [
    [
      { op: "Relu" },
      [
        [-1, 0, 0],
        [0, 0, 0],
        [2, 2, 1],
      ],
    ],
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
    [
      { op: "LeakyRelu", alpha: 0.25 },
      [
        [-2, -0.5, 0.25],
        [0, 0, 0.25],
        [2, 2, 1],
      ],
    ],
    [
      { op: "PRelu", slope: f32(-0.5) },
      [
        [-2, 1, -0.5],
        [0, 0, -0.5],
        [2, 2, 1],
      ],
    ],
    [
      { op: "ThresholdedRelu", alpha: 1 },
      [
        [0.5, 0, 0],
        [1, 0, 0],
        [1.5, 1.5, 1],
      ],
    ],
    [
      { op: "Elu", alpha: 2 },
      [
        [-Math.LN2, -1, 1],
        [0, 0, 2],
        [3, 3, 1],
      ],
    ],
    [
      { op: "Selu" },
      [
        [2, 2.101401974710961, 1.0507009873554805],
        [-50, -1.7580993408473766, 0],
      ],
    ],
    [
      { op: "Sigmoid" },
      [
        [0, 0.5, 0.25],
        [Math.LN2, 2 / 3, 2 / 9],
        [-800, 0, 0],
        [800, 1, 0],
      ],
    ],
    [
      { op: "Tanh" },
      [
        [0, 0, 1],
        [Math.log(3) / 2, 0.5, 0.75],
        [-50, -1, 0],
      ],
    ],
    [
      { op: "Softplus" },
      [
        [0, Math.LN2, 0.5],
        [800, 800, 1],
        [-800, 0, 0],
      ],
    ],
    [
      { op: "Softsign" },
      [
        [0, 0, 1],
        [1, 0.5, 0.25],
        [-3, -0.75, 1 / 16],
      ],
    ],
    // tanh(log 2) = 3/5 and so on.
    [
      { op: "Mish" },
      [
        [0, 0, 0.6],
        [800, 800, 1],
        [-800, 0, 0],
      ],
    ],
    [
      { op: "Swish" },
      [
        [0, 0, 0.5],
        [Math.LN2, (Math.LN2 * 2) / 3, 2 / 3 + (Math.LN2 * 2) / 9],
        [-800, 0, 0],
      ],
    ],
    [
      { op: "HardSwish" },
      [
        [-4, 0, 0],
        [-3, 0, 0],
        [0, 0, 0.5],
        [1.5, 1.125, 1],
        [3, 3, 1],
        [4, 4, 1],
      ],
    ],
    [
      { op: "HardSigmoid", alpha: 0.25, beta: 0.5 },
      [
        [-2, 0, 0],
        [0, 0.5, 0.25],
        [1, 0.75, 0.25],
        [2, 1, 0],
        [3, 1, 0],
      ],
    ],
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
  ];

  test.each(points)("%o", (activation, rows) => {
    const node = singleNode(activation, [rows.length]);
    const reference = referenceOperator(activation.op)!;
    const x = Float64Array.from(rows, ([value]) => value);
    const y = reference.forward(node, [x]);
    expectValues(
      y,
      rows.map(([, value]) => value),
    );
    const [dx] = reference.vjp(
      node,
      [x],
      y,
      x.map(() => 2),
    );
    expectValues(
      dx,
      rows.map(([, , slope]) => 2 * slope),
    );
  });

  test.each(points)("%o keeps NaN", (activation) => {
    const node = singleNode(activation, [1]);
    expect(referenceOperator(activation.op)!.forward(node, [Float64Array.of(NaN)])[0]).toBeNaN();
  });

  test("PRelu has a slope for all, for each channel or for each unit", () => {
    const x = Float64Array.of(-1, -2, -3, -4);
    const forward = (slope: Float32Array) => {
      const operator: Operator = { op: "PRelu", slope };
      return [...referenceOperator("PRelu")!.forward(singleNode(operator, [2, 2]), [x])];
    };
    expect(forward(f32(2))).toEqual([-2, -4, -6, -8]);
    expect(forward(f32(1, 2))).toEqual([-1, -4, -3, -8]);
    expect(forward(f32(1, 2, 3, 4))).toEqual([-1, -4, -9, -16]);
  });

  test("erf to 2e-15 of values from Abramowitz and Stegun, table 7.1", () => {
    const table = [
      [0, 0],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2, 0.9953222650189527],
    ];
    for (const [x, value] of table) {
      expect(Math.abs(erf(x) - value)).toBeLessThan(2e-15);
      expect(erf(-x)).toBe(-erf(x));
    }
    expect(erf(6)).toBe(1);
    expect(Math.abs(erf(5.999) - 1)).toBeLessThan(2e-15);
  });
});
