import type { Pads, Pair } from "../../../src/network/spec.js";
import { type OperatorCase, operatorCase, SIZES } from "./operator_case.js";

export function concatCases(): OperatorCase[] {
  const cases = SIZES.map((channels) =>
    operatorCase(`concat/${channels} and 3 and ${channels + 1} channels`, [3, 4, 2], (net, image) => {
      const parts = [channels, 3, channels + 1].map((filters) =>
        net.relu(net.conv(image, { filters, kernel: 1 })),
      );
      return net.relu(net.conv(net.add({ op: "Concat", axis: 2 }, ...parts), { filters: 4 }));
    }),
  );
  for (const axis of [0, 1, 2])
    cases.push(
      operatorCase(`concat/axis ${axis}`, [3, 4, 5], (net, image) =>
        net.add({ op: "Concat", axis }, image, net.relu(net.conv(image, { filters: 5 })), image),
      ),
    );
  cases.push(
    operatorCase("concat/vectors", [7], (net, image) =>
      net.add({ op: "Concat", axis: 0 }, net.relu(net.gemm(image, 5)), image, net.gemm(image, 1)),
    ),
    operatorCase("concat/of one", [3, 4, 5], (net, image) => net.add({ op: "Concat", axis: 1 }, image)),
  );
  return cases;
}

export function layoutCases(): OperatorCase[] {
  const cases: OperatorCase[] = [];
  for (const pads of [
    [1, 1, 1, 1],
    [0, 2, 3, 1],
    [0, 0, 0, 0],
    [3, 0, 0, 0],
  ] as Pads[])
    cases.push(
      operatorCase(`pad/${pads}`, [3, 4, 5], (net, image) => net.add({ op: "Pad", pads }, image)),
      operatorCase(`pad/${pads} before conv`, [5, 4, 3], (net, image) =>
        net.conv(net.add({ op: "Pad", pads }, net.relu(net.conv(image, { filters: 5 }))), {
          filters: 4,
          strides: 2,
          pads: "valid",
        }),
      ),
    );
  const slices: [number[], number[]][] = [
    [
      [1, 1, 0],
      [3, 4, 5],
    ],
    [
      [0, 2, 1],
      [1, 3, 4],
    ],
    [
      [0, 0, 0],
      [4, 5, 5],
    ],
    [
      [3, 4, 4],
      [4, 5, 5],
    ],
  ];
  for (const [starts, ends] of slices)
    cases.push(
      operatorCase(`slice/${starts} to ${ends}`, [4, 5, 5], (net, image) =>
        net.add({ op: "Slice", starts, ends }, image),
      ),
      operatorCase(`slice/${starts} to ${ends} of a relu`, [4, 5, 3], (net, image) =>
        net.add({ op: "Slice", starts, ends }, net.relu(net.conv(image, { filters: 5 }))),
      ),
    );
  for (const perm of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ])
    cases.push(
      operatorCase(`transpose/${perm}`, [3, 4, 5], (net, image) =>
        net.relu(net.conv(net.add({ op: "Transpose", perm }, image), { filters: 3 })),
      ),
    );
  cases.push(
    operatorCase("transpose/of rows", [3, 7], (net, image) =>
      net.gemm(net.add({ op: "Transpose", perm: [1, 0] }, image), 4),
    ),
    operatorCase("reshape/rows and columns", [3, 4, 5], (net, image) =>
      net.conv(net.add({ op: "Reshape", shape: [5, 2, 6] }, net.relu(net.conv(image, { filters: 5 }))), {
        filters: 3,
      }),
    ),
    operatorCase("reshape/vector to image", [12], (net, image) =>
      net.relu(net.conv(net.add({ op: "Reshape", shape: [2, 2, 5] }, net.gemm(image, 20)), { filters: 3 })),
    ),
    operatorCase("reshape/of rank 2", [28, 3], (net, image) => net.relu(net.gemm(net.flatten(image), 9))),
    operatorCase("flatten/alone", [1, 1, 5], (net, image) => net.flatten(image), null),
    operatorCase("identity/alone", [7], (net, image) => net.add({ op: "Identity" }, image), null),
    operatorCase("identity/between conv and relu", [3, 4, 5], (net, image) =>
      net.relu(net.add({ op: "Identity" }, net.conv(image, { filters: 4 }))),
    ),
  );
  return cases;
}

export function resizeCases(): OperatorCase[] {
  const cases: OperatorCase[] = [];
  const sizes: Pair[] = [
    [6, 8],
    [9, 4],
    [5, 7],
    [2, 3],
    [1, 1],
    [3, 4],
  ];
  for (const mode of ["nearest", "linear"] as const)
    for (const coordinates of ["asymmetric", "half_pixel", "align_corners"] as const)
      for (const size of sizes)
        cases.push(
          operatorCase(`resize/${mode} ${coordinates} to ${size.join("x")}`, [3, 4, 5], (net, image) =>
            net.add({ op: "Resize", mode, coordinates, size }, image),
          ),
        );
  for (const mode of ["nearest", "linear"] as const)
    cases.push(
      operatorCase(`resize/${mode} of one pixel`, [1, 1, 3], (net, image) =>
        net.add({ op: "Resize", mode, coordinates: "half_pixel", size: [3, 2] }, image),
      ),
      operatorCase(`resize/${mode} between convs`, [3, 4, 2], (net, image) => {
        const live = net.relu(net.conv(image, { filters: 5 }));
        return net.relu(
          net.conv(net.add({ op: "Resize", mode, coordinates: "half_pixel", size: [6, 8] }, live), {
            filters: 3,
          }),
        );
      }),
    );
  return cases;
}
