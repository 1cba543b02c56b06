import { type OperatorCase, operatorCase, SIZES } from "../../../src/kernels/testing.js";

/** Neighbourhoods that optimised engines fuse, or where the masks of two neighbours meet. */
export function fusionCases(): OperatorCase[] {
  const pool = { kernel: 2, strides: 2 } as const;
  const cases = SIZES.map((channels) =>
    operatorCase(`fusion/conv, sum, relu ${channels}`, [3, 5, 2], (net, image) => {
      const left = net.relu(net.conv(image, { filters: channels }));
      return net.relu(net.add({ op: "Add" }, net.conv(left, { filters: channels }), left));
    }),
  );
  for (const activation of [{ op: "Relu" }, { op: "Clip", min: 0, max: 6 }] as const)
    cases.push(
      operatorCase(`fusion/depthwise, sum, ${activation.op}`, [4, 5, 3], (net, image) => {
        const left = net.relu(net.conv(image, { filters: 5 }));
        return net.add(activation, net.add({ op: "Add" }, net.conv(left, { filters: 5, groups: 5 }), left));
      }),
      operatorCase(`fusion/concat of ${activation.op}, max pool`, [5, 4, 3], (net, image) => {
        const parts = [3, 4, 1].map((filters) => net.add(activation, net.conv(image, { filters })));
        return net.pool(net.add({ op: "Concat", axis: 2 }, ...parts), "MaxPool", pool);
      }),
      operatorCase(`fusion/concat of ${activation.op} and a sum, max pool`, [5, 4, 3], (net, image) => {
        const live = net.add(activation, net.conv(image, { filters: 4 }));
        const sum = net.add({ op: "Add" }, live, net.conv(image, { filters: 4, kernel: 1 }));
        return net.pool(net.add({ op: "Concat", axis: 2 }, live, sum), "MaxPool", { kernel: 3, strides: 1 });
      }),
      operatorCase(`fusion/sum of max pool and ${activation.op}`, [4, 4, 3], (net, image) => {
        const live = net.add(activation, net.conv(image, { filters: 5 }));
        const pooled = net.pool(net.conv(live, { filters: 5 }), "MaxPool", { kernel: 3, pads: "same" });
        return net.add(activation, net.add({ op: "Add" }, pooled, live));
      }),
    );
  cases.push(
    operatorCase("fusion/grouped conv, sum", [4, 5, 3], (net, image) => {
      const left = net.relu(net.conv(image, { filters: 6 }));
      return net.relu(net.add({ op: "Add" }, left, net.conv(left, { filters: 6, groups: 2 })));
    }),
    operatorCase("fusion/two convs, sum, relu read twice", [4, 5, 3], (net, image) => {
      const sum = net.add({ op: "Add" }, net.conv(image, { filters: 5 }), net.conv(image, { filters: 5 }));
      const live = net.relu(sum);
      return net.add({ op: "Concat", axis: 2 }, live, net.conv(live, { filters: 3 }), sum);
    }),
    operatorCase("fusion/concat of concats, of one value twice", [4, 5, 3], (net, image) => {
      const live = net.relu(net.conv(image, { filters: 3 }));
      const other = net.relu(net.conv(image, { filters: 2 }));
      const inner = net.add({ op: "Concat", axis: 2 }, live, other);
      return net.conv(net.add({ op: "Concat", axis: 2 }, live, inner, inner), { filters: 3 });
    }),
    operatorCase("fusion/concat, concat, conv", [4, 5, 3], (net, image) => {
      const parts = [3, 2, 5].map((filters) => net.relu(net.conv(image, { filters })));
      const inner = net.add({ op: "Concat", axis: 2 }, parts[0], parts[1]);
      return net.relu(net.conv(net.add({ op: "Concat", axis: 2 }, inner, parts[2]), { filters: 4 }));
    }),
    operatorCase("fusion/concat of pixels, max pool", [5, 4, 3], (net, image) => {
      const parts = [1, 3].map(() => net.relu(net.conv(image, { filters: 3 })));
      return net.pool(net.add({ op: "Concat", axis: 0 }, ...parts), "MaxPool", pool);
    }),
    operatorCase("fusion/max pool of max pool", [9, 8, 3], (net, image) => {
      const live = net.relu(net.conv(image, { filters: 5 }));
      return net.conv(net.pool(net.pool(live, "MaxPool", { kernel: 3, strides: 1 }), "MaxPool", pool), {
        filters: 3,
      });
    }),
    operatorCase("fusion/max pool, slice, transpose", [6, 7, 3], (net, image) => {
      const pooled = net.pool(net.relu(net.conv(image, { filters: 4 })), "MaxPool", pool);
      const sliced = net.add({ op: "Slice", starts: [0, 1, 1], ends: [3, 3, 4] }, pooled);
      return net.pool(net.add({ op: "Transpose", perm: [1, 0, 2] }, sliced), "MaxPool", { kernel: 2 });
    }),
    operatorCase("fusion/flatten between conv and relu", [3, 4, 3], (net, image) =>
      net.relu(net.flatten(net.conv(image, { filters: 5 }))),
    ),
    operatorCase("fusion/relu of a sum with a flattened value", [3, 4, 2], (net, image) => {
      const left = net.flatten(net.conv(image, { filters: 3 }));
      return net.relu(net.add({ op: "Add" }, left, net.flatten(net.conv(image, { filters: 3 }))));
    }),
  );
  return [...cases, ...scoreCases()];
}

/** What the scores may end in. Only the differentiated classes carry a cotangent there. */
function scoreCases(): OperatorCase[] {
  const endings: Record<string, Parameters<typeof operatorCase>[2]> = {
    "flattened conv": (net, image) => net.flatten(net.conv(image, { filters: 3 })),
    "flattened relu": (net, image) => net.flatten(net.relu(net.conv(image, { filters: 3 }))),
    "flattened max pool": (net, image) => net.flatten(net.pool(image, "MaxPool", { kernel: 2 })),
    "flattened sum": (net, image) =>
      net.flatten(net.add({ op: "Add" }, image, net.conv(image, { filters: 2 }))),
    "dense layer on rows": (net, image) => net.flatten(net.gemm(image, 3)),
    "global average of a grouped conv": (net, image) =>
      net.add({ op: "GlobalAveragePool" }, net.conv(image, { filters: 6, groups: 2 })),
    "global average of the relu of a grouped conv": (net, image) =>
      net.add({ op: "GlobalAveragePool" }, net.relu(net.conv(image, { filters: 6, groups: 2 }))),
    "global average of a depthwise conv": (net, image) =>
      net.add({ op: "GlobalAveragePool" }, net.relu(net.conv(image, { filters: 2, groups: 2 }))),
    "global average of a max pool": (net, image) =>
      net.add(
        { op: "GlobalAveragePool" },
        net.pool(net.conv(image, { filters: 6 }), "MaxPool", { kernel: 2 }),
      ),
    "global average of a sum": (net, image) => {
      const live = net.relu(net.conv(image, { filters: 6 }));
      return net.add(
        { op: "GlobalAveragePool" },
        net.add({ op: "Add" }, live, net.conv(live, { filters: 6, kernel: 1 })),
      );
    },
    "global average of a concat": (net, image) => {
      const live = net.relu(net.conv(image, { filters: 4 }));
      return net.add(
        { op: "GlobalAveragePool" },
        net.add({ op: "Concat", axis: 2 }, live, net.relu(net.conv(image, { filters: 3, kernel: 1 }))),
      );
    },
    "global average of the image": (net, image) => net.add({ op: "GlobalAveragePool" }, image),
    "global maximum of a relu": (net, image) =>
      net.add({ op: "GlobalMaxPool" }, net.relu(net.conv(image, { filters: 6 }))),
    "normalised global average of a relu": (net, image) =>
      net.relu(
        net.batchNormalization(
          net.add({ op: "GlobalAveragePool" }, net.relu(net.conv(image, { filters: 6, kernel: 1 }))),
        ),
      ),
    "sum of two global averages": (net, image) => {
      const parts = [1, 3].map((kernel) =>
        net.add({ op: "GlobalAveragePool" }, net.relu(net.conv(image, { filters: 6, kernel }))),
      );
      return net.relu(net.add({ op: "Add" }, ...parts));
    },
    "dense layer of 40 classes": (net, image) => net.gemm(net.flatten(image), 40),
    "global average of 40 classes": (net, image) =>
      net.add({ op: "GlobalAveragePool" }, net.relu(net.conv(image, { filters: 40, kernel: 1 }))),
  };
  return Object.entries(endings).map(([name, grow]) => operatorCase(`scores/${name}`, [4, 3, 2], grow, null));
}
