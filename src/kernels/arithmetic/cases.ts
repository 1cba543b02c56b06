import type { Shape } from "../node.js";
import { type CaseNetwork, type OperatorCase, SIZES } from "../testing.js";

const CONSTANTS: readonly Shape[] = [
  [5],
  [1],
  [1, 1, 5],
  [3, 1, 1],
  [1, 4, 1],
  [4, 5],
  [4, 1],
  [3, 4, 1],
  [3, 4, 5],
];

const CHANNELS = 5;

/**
 * Constants and values of the image, repeated along every axis, first and last.
 *
 * @param end what is made of the results; of those that are never positive a relu would leave nothing
 */
export function arithmeticCases(
  op: string,
  end: (net: CaseNetwork, value: string) => string = (net, value) => net.relu(value),
): OperatorCase[] {
  const shape = [3, 4, CHANNELS];
  const constants = CONSTANTS.flatMap((of) =>
    [true, false].map(
      (first): OperatorCase => ({
        name: `arithmetic/${op} constant ${of.join("x")} ${first ? "first" : "last"}`,
        shape,
        grow(net, image) {
          const constant = net.constant(of);
          return end(net, net.add({ op }, ...(first ? [constant, image] : [image, constant])));
        },
      }),
    ),
  );
  const branches = SIZES.map(
    (channels): OperatorCase => ({
      name: `arithmetic/${op} branches ${channels}`,
      shape: [3, 4, 2],
      grow(net, image) {
        const left = net.relu(net.conv(image, { filters: channels }));
        return end(net, net.add({ op }, left, net.conv(image, { filters: channels, kernel: 1 })));
      },
    }),
  );
  return [
    ...constants,
    ...branches,
    {
      name: `arithmetic/${op} of a value with itself`,
      shape,
      grow(net, image) {
        const value = net.conv(image, { filters: 3 });
        return net.add({ op }, value, value);
      },
    },
    {
      name: `arithmetic/${op} broadcasts both`,
      shape,
      grow(net, image) {
        const column = net.add({ op: "Slice", starts: [0, 1, 0], ends: [3, 2, 5] }, image);
        const row = net.add({ op: "Slice", starts: [2, 0, 1], ends: [3, 4, 2] }, image);
        return end(net, net.add({ op }, column, row));
      },
    },
    {
      name: `arithmetic/${op} by a vector of the image`,
      shape,
      grow(net, image) {
        const pooled = net.add({ op: "GlobalAveragePool" }, image);
        return net.add({ op }, image, net.gemm(pooled, CHANNELS));
      },
    },
  ];
}

/** Of an operator that takes more than two inputs. */
export function chainCase(op: string): OperatorCase {
  return {
    name: `arithmetic/${op} of three`,
    shape: [3, 4, CHANNELS],
    grow: (net, image) =>
      net.add({ op }, net.conv(image, { filters: CHANNELS }), image, net.constant([4, 1])),
  };
}
