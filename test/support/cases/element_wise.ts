import type { Shape } from "../../../src/network/spec.js";
import { ACTIVATIONS, prelu } from "../activations.js";
import type { NetworkBuilder } from "../network_builder.js";
import { type OperatorCase, operatorCase, SIZES } from "./operator_case.js";

export function activationCases(): OperatorCase[] {
  const cases: OperatorCase[] = [];
  const shapes: Shape[] = [[3, 5, 7], [19], [1], [1, 2, 4]];
  for (const shape of shapes) {
    const choices =
      shape[0] === 3 ? [...ACTIVATIONS, prelu(shape, "channel"), prelu(shape, "unit")] : ACTIVATIONS;
    for (const activation of choices) {
      const { op, ...parameters } = activation;
      const values = Object.values(parameters).map((value) =>
        value instanceof Float32Array ? value.length : value,
      );
      const text = [op, ...values].join(" ");
      cases.push(
        // The factor takes the values to -8 .. 8, over every kink and into saturation.
        operatorCase(`activation/${text} alone on ${shape.join("x")}`, shape, (net, image) => {
          const centred = net.add({ op: "Sub" }, image, scalar(net, 0.5));
          return net.add(activation, net.add({ op: "Mul" }, centred, scalar(net, 16)));
        }),
      );
      if (shape[0] === 3)
        cases.push(
          operatorCase(`activation/${text} after conv`, shape, (net, image) => {
            const before = net.add(activation, net.conv(image, { filters: 7 }));
            return net.add(activation, net.conv(before, { filters: 7 }));
          }),
        );
    }
  }
  return cases;
}

function scalar(net: NetworkBuilder, value: number): string {
  return net.add({ op: "Constant", shape: [1], data: Float32Array.of(value) });
}

export function arithmeticCases(): OperatorCase[] {
  const shapes: Shape[] = [[5], [1], [1, 1, 5], [3, 1, 1], [1, 4, 1], [4, 5], [4, 1], [3, 4, 1], [3, 4, 5]];
  const cases: OperatorCase[] = [];
  for (const op of ["Add", "Sub", "Mul"] as const) {
    for (const shape of shapes)
      for (const first of [true, false])
        cases.push(
          operatorCase(
            `arithmetic/${op} constant ${shape.join("x")} ${first ? "first" : "last"}`,
            [3, 4, 5],
            (net, image) => {
              const constant = net.constant(shape);
              return net.relu(net.add({ op }, ...(first ? [constant, image] : [image, constant])));
            },
          ),
        );
    for (const channels of SIZES)
      cases.push(
        operatorCase(`arithmetic/${op} branches ${channels}`, [3, 4, 2], (net, image) => {
          const left = net.relu(net.conv(image, { filters: channels }));
          return net.relu(net.add({ op }, left, net.conv(image, { filters: channels, kernel: 1 })));
        }),
      );
    cases.push(
      operatorCase(`arithmetic/${op} of a value with itself`, [3, 4, 5], (net, image) => {
        const value = net.conv(image, { filters: 3 });
        return net.add({ op }, value, value);
      }),
      operatorCase(`arithmetic/${op} broadcasts both`, [3, 4, 5], (net, image) => {
        const column = net.add({ op: "Slice", starts: [0, 1, 0], ends: [3, 2, 5] }, image);
        const row = net.add({ op: "Slice", starts: [2, 0, 1], ends: [3, 4, 2] }, image);
        return net.relu(net.add({ op }, column, row));
      }),
      operatorCase(`arithmetic/${op} by a vector of the image`, [3, 4, 5], (net, image) => {
        const pooled = net.add({ op: "GlobalAveragePool" }, image);
        return net.add({ op }, image, net.gemm(pooled, 5));
      }),
    );
    if (op === "Sub") continue;
    cases.push(
      operatorCase(`arithmetic/${op} of three`, [3, 4, 5], (net, image) =>
        net.add({ op }, net.conv(image, { filters: 5 }), image, net.constant([4, 1])),
      ),
    );
  }
  return cases;
}
