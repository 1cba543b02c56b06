import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jacobian64 } from "../../src/engines/reference.js";
import { consumersOf } from "../../src/network/graph.js";
import { resolveInput } from "../../src/network/input.js";
import { simplify } from "../../src/network/simplify.js";
import { simplifyAsNeeded } from "../../src/network/simplify_as_needed.js";
import { type Network, sizeOf } from "../../src/network/spec.js";
import { float32Error } from "../support/float32_error.js";
import { randomFloats, randomNetwork } from "./random_network.js";

describe("simplify of any network", () => {
  const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const imageOf = (network: Network, seed: number) => {
    const random = randomFloats(~seed);
    return Float64Array.from({ length: sizeOf(network.input.shape) }, () => random());
  };
  const plain = resolveInput(undefined, 1);
  const classes = Int32Array.of(0, 1, 2);

  it("keeps its interface, is left with nothing to fold", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const before = randomNetwork(seed);
        const after = simplify(before);
        expect({ ...after, nodes: [] }).toEqual({ ...before, nodes: [] });
        const consumers = consumersOf(after.nodes);
        const ops = new Map(after.nodes.map(({ name, op }) => [name, op]));
        for (const { name, op, inputs } of after.nodes) {
          expect(op).not.toBe("Identity");
          if (inputs.length > 0 && inputs.every((input) => ops.get(input) === "Constant"))
            expect(op).toBe("none");
          const [only, ...others] = consumers.get(name) ?? [];
          if (only === undefined || others.length > 0) continue;
          if (op === "Conv" || op === "Gemm") expect(only.op).not.toBe("BatchNormalization");
          if (op === "Pad") expect(["Conv", "Pad"]).not.toContain(only.op);
        }
        expect(simplify(after)).toEqual(after);
      }),
    );
  });

  it("is the same where only what is needed is loaded", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const network = randomNetwork(seed);
        expect(await simplifyAsNeeded(network)).toEqual(simplify(network));
      }),
    );
  });

  /** Holds what the simplified network computes in float64 to what a float32 evaluation of the network may, image by image. */
  function expectKept(part: (results: { logits: Float64Array; values: Float64Array }) => Float64Array): void {
    let samples = 0;
    let told = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        const network = randomNetwork(seed);
        const image = imageOf(network, seed);
        const expected = part(jacobian64(network, plain, image, classes));
        const actual = part(jacobian64(simplify(network), plain, image, classes));
        const error = float32Error(network, plain, image, classes);
        // Arrays that are folded are rounded, so a unit that float32 may see on the other side of a kink may change sides.
        const bounds = [part(error), part({ ...error, values: error.tiedValues })];
        const [own, tied] = bounds.map((bound) =>
          expected.every((value, i) => Math.abs(actual[i] - value) <= bound[i]),
        );
        expect(own || (tied && error.ties.length > 0)).toBe(true);
        samples++;
        if (expected.some((value, i) => Math.abs(value) > 100 * bounds[0][i])) told++;
      }),
    );
    // Not every random network lets its image through to its scores.
    expect(told).toBeGreaterThan(samples / 2);
  }

  it("keeps its logits to within the float32 bound", () => {
    expectKept(({ logits }) => logits);
  });

  it("keeps its Jacobian to within the float32 bound", () => {
    expectKept(({ values }) => values);
  });
});
