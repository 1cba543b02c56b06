import type { Pads, Pair } from "../../node.js";
import {
  describeWindow,
  type Example,
  FEW_SIZES,
  type OperatorCase,
  type OperatorTesting,
  operatorCase,
  SIZES,
  type WindowOptions,
} from "../../testing.js";
import type { Conv } from "./spec.js";

const unitWindow = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], groups: 1 } as const;

const examples: readonly Example<Conv>[] = [
  {
    // 1*1 + 2*10 + 4*100 + 5*1000 + 7 and so on.
    name: "Conv 2x2 on 2x3",
    operator: {
      op: "Conv",
      ...unitWindow,
      filters: 1,
      kernel: [2, 2],
      weights: Float32Array.of(1, 10, 100, 1000),
      bias: Float32Array.of(7),
    },
    shapes: [[2, 3, 1]],
    inputs: [[1, 2, 3, 4, 5, 6]],
    shape: [1, 2, 1],
    output: [5428, 6539],
    cotangent: [1, 2],
    gradients: [[1, 10 + 2, 20, 100, 1000 + 200, 2000]],
  },
  {
    name: "Conv 1x1, two channels to three filters",
    operator: {
      op: "Conv",
      ...unitWindow,
      filters: 3,
      kernel: [1, 1],
      weights: Float32Array.of(1, 2, 3, 40, 50, 60),
    },
    shapes: [[1, 2, 2]],
    inputs: [[1, 1, 2, -1]],
    shape: [1, 2, 3],
    output: [41, 52, 63, -38, -46, -54],
    cotangent: [1, 0, -1, 0, 1, 0],
    gradients: [[-2, -20, 2, 50]],
  },
  {
    // Pads: top 1, left 0, bottom 0, right 2; stride 1 down, 2 across. Rows: padding, image.
    name: "Conv with lopsided pads and strides",
    operator: {
      ...{ op: "Conv", filters: 1, kernel: [2, 2], strides: [1, 2], dilations: [1, 1], pads: [1, 0, 0, 2] },
      ...{ groups: 1, weights: Float32Array.of(1, 10, 100, 1000) },
    } as Conv,
    shapes: [[1, 3, 1]],
    inputs: [[1, 2, 3]],
    shape: [1, 2, 1],
    output: [2100, 300],
    cotangent: [1, 2],
    gradients: [[100, 1000, 200]],
  },
  {
    name: "Conv dilated by 2",
    operator: {
      op: "Conv",
      ...unitWindow,
      dilations: [1, 2],
      filters: 1,
      kernel: [1, 2],
      weights: Float32Array.of(1, 10),
    },
    shapes: [[1, 4, 1]],
    inputs: [[1, 2, 3, 4]],
    shape: [1, 2, 1],
    output: [31, 42],
    cotangent: [1, 2],
    gradients: [[1, 2, 10, 20]],
  },
  {
    // Weights [1, 1, C/G = 1, F = 4]: channel 0 makes outputs 0, 1 and channel 1 outputs 2, 3.
    name: "Conv depthwise with multiplier 2",
    operator: {
      op: "Conv",
      ...unitWindow,
      groups: 2,
      filters: 4,
      kernel: [1, 1],
      weights: Float32Array.of(1, 2, 3, 4),
    },
    shapes: [[1, 1, 2]],
    inputs: [[10, 100]],
    shape: [1, 1, 4],
    output: [10, 20, 300, 400],
    cotangent: [1, 1, 1, -1],
    gradients: [[3, -1]],
  },
  {
    // Group 0: channels 0, 1 to filter 0; group 1: channels 2, 3 to filter 1. Weights [c][filter].
    name: "Conv in two groups",
    operator: {
      op: "Conv",
      ...unitWindow,
      groups: 2,
      filters: 2,
      kernel: [1, 1],
      weights: Float32Array.of(1, 2, 3, 4),
    },
    shapes: [[1, 1, 4]],
    inputs: [[1, 10, 100, 1000]],
    shape: [1, 1, 2],
    output: [1 + 30, 200 + 4000],
    cotangent: [1, -1],
    gradients: [[1, 3, -2, -4]],
  },
];

export const testing: OperatorTesting<Conv> = {
  samples: examples,
  examples,
  cases: [...convChannelCases(), ...convGeometryCases(), ...groupCases()],
};

function convChannelCases(): OperatorCase[] {
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

function convGeometryCases(): OperatorCase[] {
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

function groupCases(): OperatorCase[] {
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
