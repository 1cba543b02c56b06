import { expect, test } from "vitest";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { lower } from "../../src/engines/wasm/plan/lowerings.js";
import { planProgram } from "../../src/engines/wasm/plan/program.js";
import type { Tape } from "../../src/kernels/wasm/tape.js";
import { buildNetwork } from "../../src/network/build.js";
import { fuse } from "../../src/network/fuse.js";
import { resolveInput } from "../../src/network/input.js";
import { simplify } from "../../src/network/simplify.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { expectSameBits } from "./comparison.js";

/** A max-pool and a function without a mask: both keep something for their vjp. */
function keepingNetwork() {
  const net = new NetworkBuilder([8, 8, 3], 5);
  const pooled = net.add(
    { op: "MaxPool", kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] },
    net.conv(net.input, { filters: 6 }),
  );
  return buildNetwork(net.build(net.gemm(net.flatten(net.add({ op: "Swish" }, pooled)), 4)));
}

test("a forward pass for logits alone keeps nothing for a backward pass", () => {
  const { plan, entries } = planProgram(
    lower(fuse(simplify(keepingNetwork()))),
    resolveInput(undefined, 3),
    0,
  );
  const kept = (tape: Tape) =>
    entries
      .get(tape)!
      .flatMap(({ kernel, fields }) =>
        [fields.winners, fields.derivative].filter((field) => typeof field === "object").map(() => kernel),
      );
  expect(kept(plan.images[0].forward)).toHaveLength(2);
  expect(kept(plan.images[0].scores)).toEqual([]);
  expect(entries.get(plan.images[0].scores)!.map(({ kernel }) => kernel)).toEqual(
    entries.get(plan.images[0].forward)!.map(({ kernel }) => kernel),
  );
});

test("it changes no bit of logits, and of no Jacobian after it", async () => {
  using engine = await createWasmEngine(keepingNetwork(), resolveInput(undefined, 3), { threads: 0 });
  const image = (seed: number) => Float32Array.from({ length: 192 }, (_, i) => ((i * seed) % 97) / 97);
  const [a, b] = [image(31), image(57)];
  const fresh = await engine.jacobian(a, { classes: 4 });
  expectSameBits((await engine.logits(a)).logits, fresh.logits, "logits");
  await engine.logits(b);
  expectSameBits(
    (await engine.jacobian(a, { classes: 4 })).values,
    fresh.values,
    "values after other logits",
  );
});
