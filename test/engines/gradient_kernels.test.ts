import { describe, expect, test } from "vitest";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { expectSameBits } from "./comparison.js";
import { variants } from "./engines.js";
import { imagesOf } from "./mixed_network.js";

const [C, N] = [6, 5];

/** Convolutions of widths that every kernel of one cotangent takes, under relus, of images with so many channels. */
function network(channels: 1 | 3) {
  const net = new NetworkBuilder([12, 11, channels], 4);
  const stem = net.relu(net.conv(net.input, { filters: 16 }));
  // What no relu clamps is live everywhere, whatever its reader's cotangents are.
  const linear = net.relu(net.conv(net.conv(stem, { filters: 16 }), { filters: 16 }));
  const inner = net.relu(net.conv(linear, { filters: 32 }));
  const sum = net.relu(net.add({ op: "Add" }, net.conv(inner, { filters: 16 }), stem));
  const wide = net.relu(net.conv(sum, { filters: 80, kernel: 1 }));
  const narrow = net.relu(net.conv(wide, { filters: 64, kernel: 1 }));
  return buildNetwork(net.build(net.gemm(net.add({ op: "GlobalAveragePool" }, narrow), C)));
}

describe.each(variants)("gradients by dense, sparse and live kernels, %s", (variant) => {
  const create = (of: ReturnType<typeof network>, threads: number) =>
    createWasmEngine(of, input(of), { threads, deterministic: variant === "simd" });
  const input = (of: ReturnType<typeof network>) =>
    resolveInput({ mean: 0.4, std: 0.3 }, of.input.shape.at(-1) as number);

  test.each([1, 3] as const)(
    "bits do not depend on threads, batch-mates or calls before, %i channels",
    async (channels) => {
      const of = network(channels);
      const images = imagesOf(of, N);
      const size = sizeOf(of.input.shape);
      const cotangents = Float32Array.from({ length: N * C }, (_, i) => ((i * 5) % 7) - 2.5);
      let expected: Float32Array | undefined;
      for (const threads of [0, 1, 2, 4]) {
        using engine = await create(of, threads);
        // The second engine has passed Jacobians before the first gradient makes its weights ready.
        if (threads === 1) await engine.jacobian(images, { classes: C });
        const each = await engine.gradient(images, { cotangents });
        expected ??= each.values;
        expectSameBits(each.values, expected, `${threads} threads`);
        const total = new Float64Array(size);
        each.values.forEach((g, i) => {
          total[i % size] += g;
        });
        const sum = await engine.gradient(images, { cotangents, sum: true });
        expectSameBits(sum.values, Float32Array.from(total), `sum, ${threads} threads`);
        for (const n of [3, 0]) {
          const alone = await engine.gradient(images.subarray(n * size, (n + 1) * size), {
            cotangents: cotangents.subarray(n * C, (n + 1) * C),
          });
          expectSameBits(alone.values, expected.subarray(n * size, (n + 1) * size), `image ${n} alone`);
        }
      }
    },
  );

  test("the network has layers of each", async () => {
    const of = network(3);
    using engine = await create(of, 0);
    const size = sizeOf(of.input.shape);
    const done = new Set<string>();
    for (let n = 0; n < N; n++) {
      const image = imagesOf(of, N).subarray(n * size, (n + 1) * size);
      for (const { kernel, liveMacs } of await engine.profile(image, { classes: 0, repeats: 1 }))
        if (liveMacs > 0) done.add(kernel);
    }
    for (const kernel of ["live", "sparse_3x16", "2x16", "3x3"])
      expect([...done]).toContain(`conv_gradient_${kernel}`);
  });
});
