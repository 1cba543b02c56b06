import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { forward64, jacobian64, logits64 } from "../../src/engines/reference.js";
import { referenceOf } from "../../src/kernels/operators/reference_of.js";
import { consumersOf } from "../../src/network/graph.js";
import { resolveInput } from "../../src/network/input.js";
import { simplify } from "../../src/network/simplify.js";
import { type Network, sizeOf } from "../../src/network/spec.js";
import { randomFloats, randomNetwork } from "./random_network.js";
import { roundingBound } from "./rounding_bound.js";

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

  it("keeps its logits to within the rounding of folded arrays", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const network = randomNetwork(seed);
        const image = imageOf(network, seed);
        const { magnitude, relative } = roundingBound(network);
        const bound = logits64(magnitude, plain, image);
        const expected = logits64(network, plain, image);
        const actual = logits64(simplify(network), plain, image);
        for (const c of classes)
          expect(Math.abs(actual[c] - expected[c])).toBeLessThanOrEqual(relative * bound[c]);
      }),
    );
  });

  it("keeps its Jacobian to within the rounding of folded arrays where no unit is at a kink", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const network = randomNetwork(seed);
        const after = simplify(network);
        const image = imageOf(network, seed);
        const kinked = after.nodes.filter(({ op }) => /^(Relu|LeakyRelu|PRelu|Clip|MaxPool)$/.test(op));
        const names = kinked.map(({ name }) => name);
        fc.pre(linearPieces(network, names, image) === linearPieces(after, names, image));
        const { magnitude, relative } = roundingBound(network);
        const bound = jacobian64(magnitude, plain, image, classes).values;
        const expected = jacobian64(network, plain, image, classes).values;
        const actual = jacobian64(after, plain, image, classes).values;
        expected.forEach((value, i) => {
          expect(Math.abs(actual[i] - value)).toBeLessThanOrEqual(relative * bound[i]);
        });
      }),
    );
  });

  /** What the units `names` do at an image: their vjp of a ramp tells the linear pieces apart. */
  function linearPieces(network: Network, names: readonly string[], image: Float64Array): string {
    const values = forward64(network, plain, image);
    const units = network.nodes.filter(({ name }) => names.includes(name));
    return JSON.stringify(
      units.map((node) => {
        const [x, y] = [values.get(node.inputs[0])!, values.get(node.name)!];
        const ramp = y.map((_, i) => i + 1);
        return [node.name, [...referenceOf(node.op)!.vjp(node, [x], y, ramp)[0]]];
      }),
    );
  }
});
