/** Lowerings that the cases of operators do not come to: layers wide enough to be cut up, and compact slices. */

import { describe, expect, test } from "vitest";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { planForward } from "../../src/engines/wasm/plan/forward.js";
import { Layout } from "../../src/engines/wasm/plan/layout.js";
import { lower } from "../../src/engines/wasm/plan/lowerings.js";
import { vjpBlocks } from "../../src/kernels/conv/vjp_blocks.js";
import { TUNING } from "../../src/kernels/wasm/tuning.js";
import { buildNetwork } from "../../src/network/build.js";
import { fuse } from "../../src/network/fuse.js";
import { resolveInput } from "../../src/network/input.js";
import { simplify } from "../../src/network/simplify.js";
import type { Network } from "../../src/network/spec.js";
import { compareWithOracle, expectationOf } from "../engines/comparison.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { undetected } from "../support/oracle.js";
import { randomImages } from "../support/random_network.js";
import { variants } from "../support/wasm_kernel.js";

type Grow = (net: NetworkBuilder) => string;

const relu = (net: NetworkBuilder, from: string, filters: number, kernel = 3): string =>
  net.relu(net.conv(from, { filters, kernel }));
const concat = (net: NetworkBuilder, ...parts: string[]): string =>
  net.add({ op: "Concat", axis: 2 }, ...parts);

/** Concatenations of convolutions whose filters come by fours: their parts' cotangents are slices of a compact one. */
const COMPACT: readonly (readonly [name: string, compact: number, Grow])[] = [
  [
    "a concatenation that a convolution reads",
    3,
    (net) => {
      const squeezed = relu(net, net.input, 4);
      const fire = concat(net, relu(net, squeezed, 8, 1), relu(net, squeezed, 4));
      return net.pool(relu(net, fire, 8), "MaxPool", { kernel: 2, strides: 2 });
    },
  ],
  [
    "a concatenation that a max-pool reads",
    2,
    (net) => {
      const squeezed = relu(net, net.input, 8);
      const parts = [4, 12, 8].map((filters) => relu(net, squeezed, filters, 1));
      return net.pool(concat(net, ...parts), "MaxPool", { kernel: 3, strides: 2 });
    },
  ],
  [
    "concatenations one after the other",
    2,
    (net) => {
      const first = concat(net, relu(net, net.input, 4), relu(net, net.input, 8, 1));
      const second = concat(net, relu(net, first, 4, 1), relu(net, first, 4), relu(net, first, 12, 1));
      return relu(net, second, 4);
    },
  ],
];

/** Layers whose vjp is cut along the filters, alone and as a part of a concatenation. */
const WIDE: readonly (readonly [name: string, Grow])[] = [
  ["3x3, 64 to 256", (net) => relu(net, relu(net, net.input, 64, 1), 256)],
  [
    "3x3, 64 to 256, beside another",
    (net) => {
      const squeezed = relu(net, net.input, 64, 1);
      return relu(net, concat(net, relu(net, squeezed, 64, 1), relu(net, squeezed, 256)), 8, 1);
    },
  ],
];

/** Eight channels out of a relu, most of them 0. */
const mostlyZero: Grow = (net) => {
  const one = net.add({ op: "Constant", shape: [8], data: new Float32Array(8).fill(1) });
  return net.relu(net.add({ op: "Sub" }, net.conv(net.input, { filters: 8 }), one));
};

/** Values whose masks or live lists differ from what a plan might take them for. */
const MASKED: readonly (readonly [name: string, Grow])[] = [
  [
    "a dilated convolution of a relu, of a shape that else skips zeros",
    (net) => net.conv(mostlyZero(net), { filters: 16, dilations: 2 }),
  ],
  ["a strided one", (net) => net.conv(mostlyZero(net), { filters: 16, strides: 2 })],
  [
    "a concatenation of two clamps, the narrower first",
    (net) => {
      const narrow = net.add({ op: "Clip", min: 0, max: 0.25 }, net.conv(net.input, { filters: 4 }));
      return relu(net, concat(net, narrow, relu(net, net.input, 5)), 6);
    },
  ],
  [
    "blocks of channels, the last incomplete, that nothing masks",
    (net) => relu(net, net.conv(net.input, { filters: 80, kernel: 1 }), 256),
  ],
];

/** A function of each value in front of a layer that nothing masks, whose vjp may multiply by its derivative. */
const FUNCTIONS: readonly (readonly [name: string, Grow])[] = [
  ["between two layers", (net) => pixelwise(net, swish(net, pixelwise(net, net.input, 19)), 18)],
  [
    "that two layers read",
    (net) => {
      const value = swish(net, pixelwise(net, net.input, 5));
      return concat(net, pixelwise(net, value, 4), pixelwise(net, value, 3));
    },
  ],
  [
    "of what another layer reads",
    (net) => {
      const value = pixelwise(net, net.input, 5);
      return concat(net, pixelwise(net, swish(net, value), 4), pixelwise(net, value, 3));
    },
  ],
  ["of a relu", (net) => pixelwise(net, swish(net, relu(net, net.input, 5, 1)), 4)],
  ["of the image", (net) => pixelwise(net, swish(net, net.input), 4)],
  ["of a function", (net) => pixelwise(net, swish(net, swish(net, pixelwise(net, net.input, 5))), 4)],
];
const pixelwise = (net: NetworkBuilder, from: string, filters: number): string =>
  net.conv(from, { filters, kernel: 1 });
const swish = (net: NetworkBuilder, from: string): string => net.add({ op: "Swish" }, from);

/** 14 scores that are the channels of what a max-pool reads: a backward pass carries 12 of them, then two. */
const SCORES: readonly (readonly [name: string, Grow])[] = [
  ["a grouped convolution", (net) => net.conv(relu(net, net.input, 4), { filters: 14, groups: 2 })],
  ["a depthwise convolution", (net) => net.conv(relu(net, net.input, 14), { filters: 14, groups: 14 })],
  ["a smooth function", (net) => net.add({ op: "Swish" }, net.conv(net.input, { filters: 14 }))],
];
const scoresOf =
  (grow: Grow): Grow =>
  (net) =>
    net.flatten(
      net.add({ op: "GlobalAveragePool" }, net.pool(grow(net), "MaxPool", { kernel: 2, strides: 2 })),
    );

const specOf = (grow: Grow, size: number) => {
  const net = new NetworkBuilder([size, size, 3], 5);
  const grown = grow(net);
  return net.build(net.shapeOf(grown).length === 1 ? grown : net.gemm(net.flatten(grown), 5));
};

describe.each(variants)(
  "lowering to WASM, $variant, equals the oracle within the float32 bound",
  ({ relaxed }) => {
    const check = async (name: string, grow: Grow, size: number): Promise<void> => {
      const draw = (of: Network, n: number) => randomImages(of, 1, 3 + n);
      const expected = expectationOf(name, specOf(grow, size), draw, 2, 16);
      const { network, input } = expected;
      using engine = await createWasmEngine(network, input, { threads: 0, deterministic: !relaxed });
      expect(await compareWithOracle(engine, expected)).toEqual([]);
      expect(expected.answers.flatMap((answer) => undetected(answer))).toEqual([]);
    };

    test.each(COMPACT)("%s", async (name, compact, grow) => {
      const network = buildNetwork(specOf(grow, 6));
      const input = resolveInput(undefined, 3);
      const layout = new Layout();
      const [scratch, patterns] = [layout.reserve(1 << 16), layout.reserve(256)];
      const plan = planForward(lower(fuse(simplify(network))), input, layout, scratch, patterns);
      expect(plan.compact.size).toBe(compact);
      await check(name, grow, 6);
    });

    test.each(WIDE)("%s", (name, grow) => check(name, grow, 3));

    test.each(MASKED)("%s", (name, grow) => check(name, grow, 5));

    test.each(FUNCTIONS)("a function %s", (name, grow) => check(name, grow, 3));

    test.each(SCORES)("%s, a max-pool, scores", (name, grow) => check(name, scoresOf(grow), 6));
  },
);

test("such layers are cut up", () => {
  expect(vjpBlocks({ taps: 9, depth: 64, filters: 256 }, TUNING)).toEqual({
    channels: 64,
    filters: 128,
  });
});
