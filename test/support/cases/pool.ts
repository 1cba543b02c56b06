import type { Pair } from "../../../src/network/spec.js";
import type { WindowOptions } from "../network_builder.js";
import { type OperatorCase, operatorCase, SIZES } from "./operator_case.js";
import { describeWindow } from "./window.js";

export function poolCases(): OperatorCase[] {
  const cases: OperatorCase[] = [];
  const windows: WindowOptions[] = [
    { kernel: 3, strides: 2, pads: [1, 1, 1, 1] },
    { kernel: 3, strides: 1, pads: [2, 0, 1, 2] },
  ];
  for (const kernel of [1, 2, 3, 5, [1, 2], [3, 2]] as (number | Pair)[])
    for (const strides of [1, 2, 3])
      for (const pads of ["same", "valid"] as const) windows.push({ kernel, strides, pads });
  for (const op of ["MaxPool", "AveragePool"] as const) {
    const folder = op === "MaxPool" ? "max_pool" : "average_pool";
    for (const window of windows)
      cases.push(
        operatorCase(`${folder}/${describeWindow(window)}`, [9, 7, 3], (net, image) =>
          net.pool(image, op, window),
        ),
      );
    for (const channels of SIZES)
      cases.push(
        operatorCase(`${folder}/after relu ${channels}`, [5, 6, 2], (net, image) =>
          net.pool(net.relu(net.conv(image, { filters: channels })), op, { kernel: 2, strides: 2 }),
        ),
        operatorCase(`${folder}/before relu ${channels}`, [5, 6, 2], (net, image) =>
          net.relu(
            net.pool(net.conv(image, { filters: channels }), op, { kernel: 3, strides: 2, pads: "same" }),
          ),
        ),
      );
  }
  for (const op of ["GlobalAveragePool", "GlobalMaxPool"] as const)
    for (const channels of SIZES) {
      const folder = op === "GlobalMaxPool" ? "global_max_pool" : "global_average_pool";
      const size = channels === 1 ? [1, 1] : [channels % 4 === 0 ? 4 : 3, 5];
      cases.push(
        operatorCase(`${folder}/${channels}`, [...size, channels], (net, image) => net.add({ op }, image)),
        operatorCase(`${folder}/after relu ${channels}`, [...size, 2], (net, image) =>
          net.add({ op }, net.relu(net.conv(image, { filters: channels }))),
        ),
      );
    }
  return cases;
}
