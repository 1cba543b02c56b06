import type { Pair } from "../../node.js";
import { type Example, type OperatorCase, type OperatorTesting, operatorCase } from "../../testing.js";
import type { Resize } from "./spec.js";

const examples: readonly Example<Resize>[] = [...rowExamples()];

export const testing: OperatorTesting<Resize> = { samples: examples, examples, cases: resizeCases() };

function resizeCases(): OperatorCase[] {
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
  for (const rounding of ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"] as const)
    for (const coordinates of ["asymmetric", "half_pixel"] as const)
      cases.push(
        operatorCase(
          `resize/nearest ${coordinates} ${rounding}, halves and more`,
          [4, 6, 3],
          (net, image) => {
            const half = net.add(
              { op: "Resize", mode: "nearest", coordinates, rounding, size: [2, 3] },
              image,
            );
            const more = net.add(
              { op: "Resize", mode: "nearest", coordinates, rounding, size: [7, 8] },
              image,
            );
            return net.add(
              { op: "Concat", axis: 0 },
              net.flatten(half),
              net.flatten(net.conv(more, { filters: 2 })),
            );
          },
        ),
      );
  for (const mode of ["nearest", "linear"] as const)
    cases.push(
      operatorCase(`resize/${mode} by given scales`, [4, 6, 3], (net, image) =>
        net.add({ op: "Resize", mode, coordinates: "half_pixel", scales: [0.7, 1.3], size: [2, 7] }, image),
      ),
      operatorCase(`resize/${mode} to one row as PyTorch`, [4, 6, 3], (net, image) =>
        net.add({ op: "Resize", mode, coordinates: "pytorch_half_pixel", size: [1, 4] }, image),
      ),
    );
  return cases;
}

/** On one row of 2 or 4 pixels. */
function rowExamples(): Example<Resize>[] {
  const cases = [
    { mode: "nearest", coordinates: "asymmetric", from: [1, 2], to: [1, 1, 2, 2], gradient: [3, 12] },
    { mode: "nearest", coordinates: "align_corners", from: [1, 2], to: [1, 1, 2, 2], gradient: [3, 12] },
    { mode: "nearest", coordinates: "asymmetric", from: [1, 2, 3, 4], to: [1, 3], gradient: [1, 0, 2, 0] },
    // Source coordinates 1/2 and 5/2.
    { mode: "nearest", coordinates: "half_pixel", from: [1, 2, 3, 4], to: [2, 4], gradient: [0, 1, 0, 2] },
    {
      mode: "nearest",
      coordinates: "half_pixel",
      rounding: "round_prefer_floor",
      from: [1, 2, 3, 4],
      to: [1, 3],
      gradient: [1, 0, 2, 0],
    },
    { mode: "linear", coordinates: "asymmetric", from: [0, 8], to: [0, 4, 8, 8], gradient: [2, 13] },
    // Source coordinates -1/4, 1/4, 3/4, 5/4.
    { mode: "linear", coordinates: "half_pixel", from: [0, 8], to: [0, 2, 6, 8], gradient: [3.5, 11.5] },
    { mode: "linear", coordinates: "half_pixel", from: [0, 8, 0, 4], to: [4, 2], gradient: [0.5, 0.5, 1, 1] },
    // Source coordinates 0, 1/3, 2/3, 1.
    {
      mode: "linear",
      coordinates: "align_corners",
      from: [0, 3],
      to: [0, 1, 2, 3],
      gradient: [11 / 3, 34 / 3],
    },
  ] as const;
  return cases.map(({ from, to, gradient, ...attributes }) => ({
    name: `Resize ${Object.values(attributes).join(" ")} ${from.length} -> ${to.length}`,
    operator: { op: "Resize", ...attributes, size: [1, to.length] },
    shapes: [[1, from.length, 1]],
    inputs: [[...from]],
    shape: [1, to.length, 1],
    output: [...to],
    cotangent: to.map((_, i) => 2 ** i),
    gradients: [[...gradient]],
  }));
}
