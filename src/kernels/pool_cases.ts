import type { Pair } from "./node.js";
import { describeWindow, type OperatorCase, operatorCase, SIZES, type WindowOptions } from "./testing.js";

/** @param folder the operator's, for names */
export function poolCases(op: "MaxPool" | "AveragePool", folder: string): OperatorCase[] {
  const cases: OperatorCase[] = [];
  const windows: WindowOptions[] = [
    { kernel: 3, strides: 2, pads: [1, 1, 1, 1] },
    { kernel: 3, strides: 1, pads: [2, 0, 1, 2] },
  ];
  for (const kernel of [1, 2, 3, 5, [1, 2], [3, 2]] as (number | Pair)[])
    for (const strides of [1, 2, 3])
      for (const pads of ["same", "valid"] as const) windows.push({ kernel, strides, pads });
  windows.push(
    { kernel: 2, strides: 1, dilations: 2 },
    { kernel: [3, 2], strides: 2, dilations: [2, 3], pads: [1, 2, 2, 1] },
    { kernel: 3, strides: [3, 1], dilations: [1, 2], pads: [2, 3, 1, 4] },
    { kernel: [2, 3], strides: [4, 3], dilations: [3, 2], pads: [0, 1, 3, 2] },
    // The last windows reach beyond the image, as with ONNX's ceil_mode.
    { kernel: 2, strides: 2, pads: [0, 0, 1, 1] },
  );
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
  return cases;
}

/** @param folder the operator's, for names */
export function globalPoolCases(op: "GlobalAveragePool" | "GlobalMaxPool", folder: string): OperatorCase[] {
  return SIZES.flatMap((channels) => {
    const size = channels === 1 ? [1, 1] : [channels % 4 === 0 ? 4 : 3, 5];
    return [
      operatorCase(`${folder}/${channels}`, [...size, channels], (net, image) => net.add({ op }, image)),
      operatorCase(`${folder}/after relu ${channels}`, [...size, 2], (net, image) =>
        net.add({ op }, net.relu(net.conv(image, { filters: channels }))),
      ),
    ];
  });
}
