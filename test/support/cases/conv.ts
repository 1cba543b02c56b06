import type { Pads, Pair } from "../../../src/network/spec.js";
import type { WindowOptions } from "../network_builder.js";
import { FEW_SIZES, type OperatorCase, operatorCase, SIZES } from "./operator_case.js";
import { describeWindow } from "./window.js";

export function convChannelCases(): OperatorCase[] {
  const cases: OperatorCase[] = [];
  for (const channels of SIZES)
    for (const filters of SIZES) {
      const few = FEW_SIZES.includes(channels) && FEW_SIZES.includes(filters);
      for (const kernel of few ? [1, 3] : [3])
        cases.push(
          operatorCase(`conv/masked ${kernel}x${kernel} ${channels}->${filters}`, [4, 3, 2], (net, image) => {
            const live = net.relu(net.conv(image, { filters: channels, kernel: 1 }));
            return net.relu(net.conv(live, { filters, kernel }));
          }),
        );
    }
  // Lists of live outputs of several chunks, and weights that are cut along channels and filters.
  for (const [channels, filters] of [
    [13, 41],
    [66, 190],
  ])
    cases.push(
      operatorCase(`conv/wide 3x3 ${channels}->${filters}`, [3, 2, 2], (net, image) => {
        const live = net.relu(net.conv(image, { filters: channels, kernel: 1 }));
        return net.relu(net.conv(live, { filters, kernel: 3 }));
      }),
    );
  // Wide enough for Winograd's algorithm: patches that stick out, tiles that are not full, a residual.
  for (const pads of ["same", "valid"] as const)
    for (const [height, width] of [
      [6, 8],
      [7, 9],
    ])
      cases.push(
        operatorCase(`conv/wide 3x3 ${pads} image ${height}x${width}`, [height, width, 2], (net, image) => {
          const live = net.relu(net.conv(image, { filters: 64, kernel: 1 }));
          return net.relu(net.conv(live, { filters: 32, kernel: 3, pads }));
        }),
      );
  cases.push(
    operatorCase("conv/wide 3x3 with a residual", [5, 6, 2], (net, image) => {
      const live = net.relu(net.conv(image, { filters: 64, kernel: 1 }));
      return net.relu(net.add({ op: "Add" }, net.conv(live, { filters: 64, kernel: 3 }), live));
    }),
  );
  for (const channels of FEW_SIZES)
    for (const filters of FEW_SIZES)
      cases.push(
        operatorCase(`conv/dense 3x3 ${channels}->${filters}`, [3, 5, channels], (net, image) =>
          net.conv(image, { filters, bias: channels !== 3 }),
        ),
      );
  return cases;
}

export function convGeometryCases(): OperatorCase[] {
  const windows: WindowOptions[] = [];
  const kernels: (number | Pair)[] = [1, 2, 3, 5, [1, 3], [3, 1], [2, 4]];
  for (const kernel of kernels)
    for (const strides of [1, 2, 3])
      for (const pads of ["same", "valid"] as const) windows.push({ kernel, strides, pads });
  for (const strides of [
    [1, 2],
    [3, 1],
  ] as const)
    windows.push({ kernel: 3, strides, pads: "same" });
  for (const dilations of [2, 3, [1, 2], [3, 1]] as (number | Pair)[])
    for (const pads of ["same", "valid"] as const) windows.push({ kernel: 3, dilations, pads });
  windows.push({ kernel: 3, strides: 2, dilations: 2, pads: "same" });
  const lopsided: Pads[] = [
    [2, 0, 1, 3],
    [0, 1, 1, 0],
    [4, 5, 4, 5],
    [0, 0, 0, 2],
  ];
  for (const pads of lopsided) for (const strides of [1, 2]) windows.push({ kernel: 3, strides, pads });
  windows.push({ kernel: 7, strides: 2, pads: [3, 3, 3, 3] });
  const cases = windows.map((window) =>
    operatorCase(`conv/masked ${describeWindow(window)}`, [9, 11, 2], (net, image) => {
      const live = net.relu(net.conv(image, { filters: 5, kernel: 1 }));
      return net.relu(net.conv(live, { filters: 6, ...window }));
    }),
  );
  for (const height of [1, 2, 3, 5, 8, 11])
    for (const width of [1, 2, 4, 7, 19])
      cases.push(
        operatorCase(`conv/masked image ${height}x${width}`, [height, width, 1], (net, image) =>
          net.relu(net.conv(net.relu(net.conv(image, { filters: 4 })), { filters: 3 })),
        ),
      );
  return cases;
}

export function groupCases(): OperatorCase[] {
  const cases: OperatorCase[] = [];
  const grouped = [
    [4, 4, 2],
    [8, 8, 2],
    [8, 12, 4],
    [6, 9, 3],
    [10, 5, 5],
    [16, 16, 2],
    [6, 26, 2],
  ] as const;
  for (const [channels, filters, groups] of grouped)
    for (const kernel of [1, 3])
      cases.push(
        operatorCase(
          `conv/grouped ${kernel}x${kernel} ${channels}->${filters} in ${groups}`,
          [5, 4, 3],
          (net, image) => {
            const live = net.relu(net.conv(image, { filters: channels, kernel: 1 }));
            return net.relu(net.conv(live, { filters, groups, kernel }));
          },
        ),
      );
  for (const channels of SIZES)
    for (const multiplier of [1, 2, 3])
      cases.push(
        operatorCase(`conv/depthwise ${channels} by ${multiplier}`, [5, 4, 3], (net, image) => {
          const live = net.relu(net.conv(image, { filters: channels, kernel: 1 }));
          return net.relu(net.conv(live, { filters: channels * multiplier, groups: channels }));
        }),
      );
  const windows: WindowOptions[] = [];
  for (const kernel of [2, 3, 5, [3, 1]] as (number | Pair)[])
    for (const strides of [1, 2, 3])
      for (const pads of ["same", "valid"] as const) windows.push({ kernel, strides, pads });
  windows.push(
    { dilations: 2, pads: "same" },
    { dilations: [1, 3], pads: "valid" },
    { strides: 2, pads: [0, 0, 1, 1] },
  );
  for (const window of windows)
    cases.push(
      operatorCase(`conv/depthwise ${describeWindow({ kernel: 3, ...window })}`, [9, 11, 5], (net, image) =>
        net.conv(image, { filters: 5, groups: 5, kernel: 3, ...window }),
      ),
    );
  return cases;
}
