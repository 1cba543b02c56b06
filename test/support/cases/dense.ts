import { FEW_SIZES, type OperatorCase, operatorCase, SIZES } from "./operator_case.js";

export function gemmCases(): OperatorCase[] {
  const cases: OperatorCase[] = [];
  for (const inputs of SIZES)
    for (const units of FEW_SIZES)
      cases.push(
        operatorCase(`gemm/masked ${inputs}->${units}`, [inputs], (net, image) =>
          net.relu(net.gemm(net.relu(net.gemm(image, inputs)), units)),
        ),
      );
  for (const units of [2, 3, 4, 5, 8, 9, 11, 19])
    cases.push(
      operatorCase(`gemm/${units} classes`, [6], (net, image) => net.gemm(image, units, units !== 8), null),
      operatorCase(`gemm/on ${units} pixels`, [units, 2, 3], (net, image) => net.relu(net.gemm(image, 5))),
    );
  cases.push(
    operatorCase("gemm/on rows", [4, 3], (net, image) => net.gemm(net.relu(net.gemm(image, 5, false)), 2)),
  );
  return cases;
}

export function normalizationCases(): OperatorCase[] {
  const cases = SIZES.flatMap((channels) => [
    operatorCase(`batch_normalization/after conv ${channels}`, [3, 4, 2], (net, image) =>
      net.relu(net.batchNormalization(net.conv(image, { filters: channels, bias: channels % 2 === 0 }))),
    ),
    operatorCase(`batch_normalization/alone ${channels}`, [3, 5, channels], (net, image) =>
      net.relu(net.batchNormalization(image)),
    ),
  ]);
  cases.push(
    operatorCase("batch_normalization/before padded conv", [4, 5, 3], (net, image) =>
      net.conv(net.batchNormalization(image), { filters: 4 }),
    ),
    operatorCase("batch_normalization/after depthwise", [4, 5, 3], (net, image) =>
      net.relu(net.batchNormalization(net.conv(image, { filters: 6, groups: 3 }))),
    ),
    operatorCase("batch_normalization/after gemm", [7], (net, image) =>
      net.relu(net.batchNormalization(net.gemm(image, 9))),
    ),
    operatorCase("batch_normalization/of a value that is read twice", [4, 4, 3], (net, image) => {
      const shared = net.conv(image, { filters: 3 });
      return net.add({ op: "Add" }, net.relu(net.batchNormalization(shared)), shared);
    }),
  );
  return cases;
}
