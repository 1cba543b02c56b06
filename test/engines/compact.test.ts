import { describe, expect, test } from "vitest";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { planForward } from "../../src/engines/wasm/plan/forward.js";
import { Layout } from "../../src/engines/wasm/plan/layout.js";
import { lower } from "../../src/engines/wasm/plan/lowerings.js";
import { buildNetwork } from "../../src/network/build.js";
import { fuse } from "../../src/network/fuse.js";
import { resolveInput } from "../../src/network/input.js";
import { simplify } from "../../src/network/simplify.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { answerOf, expectAnswer, undetected } from "../support/oracle.js";

/** The values of a network whose cotangents are compact, by the node that makes them. */
function compactOf(grow: (b: NetworkBuilder) => string): string[] {
  const builder = new NetworkBuilder([8, 8, 3], 1);
  const scores = builder.gemm(builder.flatten(grow(builder)), 4);
  const network = lower(fuse(simplify(buildNetwork(builder.build(scores)))));
  const layout = new Layout();
  const plan = planForward(
    network,
    resolveInput(undefined, 3),
    layout,
    layout.reserve(1 << 16),
    layout.reserve(256),
  );
  return [...plan.compact];
}

const relu = (b: NetworkBuilder, from: string, filters = 8) => b.relu(b.conv(from, { filters, kernel: 3 }));

describe("compact cotangents", () => {
  test("are found by readers and writers of any kind alike: a dense layer on every pixel among convolutions", async () => {
    const builder = new NetworkBuilder([6, 5, 3], 2);
    const dense = builder.relu(builder.gemm(relu(builder, builder.input), 8));
    const pooled = builder.pool(
      relu(builder, builder.relu(builder.gemm(relu(builder, dense), 8))),
      "MaxPool",
      { kernel: 2 },
    );
    const network = buildNetwork(builder.build(builder.gemm(builder.flatten(pooled), 4)));
    const input = resolveInput(undefined, 3);
    const image = builder.weights(90, 1).map(Math.abs);
    using wasm = await createWasmEngine(network, input, { threads: 0 });
    const classes = Int32Array.of(0, 1, 2, 3);
    const answer = answerOf(network, input, Float64Array.from(image), classes);
    expect(undetected(answer)).toEqual([]);
    expect(expectAnswer(await wasm.jacobian(image, { classes }), answer, "the image")).toBe("");
  });

  test("between two convolutions, and between a convolution and a max-pool", () => {
    let names: string[] = [];
    const found = compactOf((b) => {
      const first = relu(b, b.input);
      const second = relu(b, first);
      names = [first, second];
      return b.pool(second, "MaxPool", { kernel: 2, strides: 2 });
    });
    expect(found).toHaveLength(names.length);
  });

  test("of a value that two convolutions read", () => {
    const found = compactOf((b) => {
      const shared = relu(b, b.input);
      const [left, right] = [
        b.conv(shared, { filters: 4, kernel: 1 }),
        b.conv(shared, { filters: 4, kernel: 1 }),
      ];
      return b.add({ op: "Concat", axis: 2 }, left, right);
    });
    expect(found).toHaveLength(1);
  });

  test("of a concatenation of convolutions, whoever reads it, and of what is concatenated", () => {
    const found = compactOf((b) => {
      const squeezed = relu(b, b.input);
      const parts = [4, 8].map((filters) => relu(b, squeezed, filters));
      return b.pool(relu(b, b.add({ op: "Concat", axis: 2 }, ...parts)), "MaxPool", { kernel: 2 });
    });
    expect(found).toHaveLength(3);
  });

  test.each([
    [
      "a residual adds to it",
      (b: NetworkBuilder) => b.add({ op: "Add" }, relu(b, relu(b, b.input)), b.conv(b.input, { filters: 8 })),
    ],
    ["a dense layer reads it in another shape", (b: NetworkBuilder) => relu(b, b.input)],
    [
      "a depthwise convolution made it",
      (b: NetworkBuilder) =>
        b.conv(
          b.relu(b.conv(b.conv(b.input, { filters: 8, kernel: 1 }), { filters: 8, groups: 8, kernel: 3 })),
          { filters: 2, kernel: 1 },
        ),
    ],
    [
      "nothing masks it",
      (b: NetworkBuilder) => b.conv(b.conv(b.input, { filters: 8, kernel: 3 }), { filters: 2, kernel: 1 }),
    ],
  ])("not where %s", (why, grow) => {
    const found = compactOf(grow);
    // The value between the two convolutions of the residual branch is the only one.
    expect(found).toHaveLength(why.startsWith("a residual") ? 1 : 0);
  });
});
