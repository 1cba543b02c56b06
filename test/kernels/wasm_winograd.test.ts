import { describe, expect, test } from "vitest";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { PATCHES } from "../../src/kernels/conv/winograd.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import type { Pads, Pair } from "../../src/network/spec.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { sizesAround } from "../support/sizes.js";
import { convInputs } from "../support/testers/conv_forward.js";
import { convLayer } from "../support/testers/conv_layer.js";
import { expectWinograd, runWinograd } from "../support/testers/winograd.js";
import { variants } from "../support/wasm_kernel.js";
import { expectSame } from "../support/within.js";

const layerOf = (size: Pair, pads: Pads, depth: number, filters = 16) =>
  convLayer({ size, kernel: [3, 3], pads }, depth, filters);

/** Even and odd outputs, patches that hang over every border, pads of all sorts. */
const SHAPES: readonly [Pair, Pads][] = [
  [
    [3, 3],
    [0, 0, 0, 0],
  ],
  [
    [1, 1],
    [1, 1, 1, 1],
  ],
  [
    [4, 4],
    [0, 0, 0, 0],
  ],
  [
    [5, 4],
    [1, 1, 1, 1],
  ],
  [
    [6, 7],
    [1, 1, 1, 1],
  ],
  [
    [5, 3],
    [2, 0, 0, 3],
  ],
  [
    [2, 6],
    [1, 4, 2, 0],
  ],
  [
    [3, 2],
    [3, 3, 3, 3],
  ],
];

describe.each(variants)("winograd, $variant: error <= (C + 12) u of what is transformed", ({ relaxed }) => {
  for (const [i, [size, pads]] of SHAPES.entries())
    test.each([4, 8, 20])(`${size} with pads ${pads}, %i channels`, (depth) => {
      const layer = layerOf(size, pads, depth, 16 * (1 + (i % 3)));
      const { x, residual } = convInputs(layer, i);
      expectWinograd(relaxed, { layer, x });
      expectWinograd(relaxed, { layer, x, residual, clamp: { low: -3, high: 5 }, gap: 0 });
    });

  test.each(sizesAround(PATCHES))("%i patches, and in strips", (patches) => {
    const layer = layerOf([2, 2 * patches], [1, 1, 1, 1], 4, 32);
    const { x, residual } = convInputs(layer, patches);
    const whole = expectWinograd(relaxed, { layer, x, residual });
    for (const strip of [1, 3, 8]) expectSame(runWinograd(relaxed, { layer, x, residual, strip }), whole);
  });

  test("strips may end within a row of patches", () => {
    const layer = layerOf([7, 9], [1, 1, 1, 1], 4);
    const { x } = convInputs(layer, 1);
    const whole = expectWinograd(relaxed, { layer, x });
    for (const strip of [2, 7, 8, 16]) expectSame(runWinograd(relaxed, { layer, x, strip }), whole);
  });

  test("a NaN reaches the outputs that see it and none but those of its patches; a clamp keeps it", () => {
    const layer = layerOf([6, 10], [1, 1, 1, 1], 4);
    const { x } = convInputs(layer, 2);
    const clamp = { low: 0, high: 6 };
    const clean = runWinograd(relaxed, { layer, x, clamp });
    const spoilt = x.slice();
    // Row 2, column 4: in the patches of output rows 0 to 3, columns 2 to 5.
    spoilt[(2 * 10 + 4) * 4 + 1] = Number.NaN;
    runWinograd(relaxed, { layer, x: spoilt, clamp }).forEach((value, u) => {
      const [h, w] = [Math.floor(u / 16 / 10), Math.floor(u / 16) % 10];
      if (Math.abs(h - 2) <= 1 && Math.abs(w - 4) <= 1) expect(value).toBeNaN();
      if (h > 3 || w < 2 || w > 5) expect(value).toBe(clean[u]);
    });
  });

  test("a layer of several strips is lowered to the bits of one", async () => {
    // 81 patches of 256 channels, where 64 fit.
    const layer = layerOf([18, 18], [1, 1, 1, 1], 256);
    const { x } = convInputs(layer, 3);
    const net = new NetworkBuilder([18, 18, 256], 1);
    const { op, weights, bias, filters, kernel, strides, dilations, pads, groups } = layer.node;
    const conv = { op, weights, bias, filters, kernel, strides, dilations, pads, groups };
    const network = buildNetwork(net.build(net.flatten(net.add(conv, net.input))));
    const input = resolveInput(undefined, 256);
    using engine = await createWasmEngine(network, input, { threads: 0, deterministic: !relaxed });
    expectSame((await engine.logits(x)).logits, runWinograd(relaxed, { layer, x }));
  });
});
