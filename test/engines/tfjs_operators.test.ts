import { beforeAll, describe, expect, test } from "vitest";
import { createReferenceEngine } from "../../src/engines/reference.js";
import { createTfjsEngine } from "../../src/engines/tfjs/engine.js";
import { networkProgram } from "../../src/engines/tfjs/network.js";
import { programEngine } from "../../src/engines/tfjs/program_engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { type Network, sizeOf } from "../../src/network/spec.js";
import { operatorCases, randomImages, randomNetwork } from "../support/random_network.js";
import { randomValues } from "../support/random_values.js";
import { expectWithin } from "../support/within.js";
import { float32Bound } from "./float32_bound.js";
import { BACKENDS, type Tfjs, tfjsOn } from "./tfjs_backends.js";

const IMAGES = 3;
const INPUT = { range: [0, 1], mean: 0.25, std: 0.5 } as const;

describe.each(BACKENDS)("the network player on tfjs-backend-%s", (backend) => {
  let tf: Tfjs;
  beforeAll(async () => {
    tf = await tfjsOn(backend);
  });

  /** Unlike `createTfjsEngine`, which simplifies, so that every operator is played. */
  const asBuilt = (network: Network, formulation: "replicate" | "loop") =>
    programEngine(tf, networkProgram(tf, network, formulation), inputOf(network), {
      differentiation: "network",
      formulation,
    });

  const cases = operatorCases();
  let checked = 0;
  let dead = 0;
  test.each(cases)("$name: logits and Jacobian within the float32 bound", async ({ name, spec }) => {
    const network = buildNetwork(spec);
    const images = gridImages(network, name.length);
    const before = tf.memory().numTensors;
    const expected = await referenceJacobian(network, images);
    for (const formulation of ["replicate", "loop"] as const) {
      using engine = asBuilt(network, formulation);
      const actual = await engine.jacobian(images, { classes: allClasses(network) });
      expectWithinBound(network, images, actual, expected);
      expect((await engine.logits(images)).logits).toEqual(actual.logits);
    }
    expect(tf.memory().numTensors).toBe(before);
    checked++;
    if (!expected.values.some((value) => value !== 0)) dead++;
  });

  test("the cases would notice zeros", () => {
    expect(checked).toBe(cases.length);
    expect(dead / checked).toBeLessThan(0.03);
  });

  // Float32 may see a unit on the other side of its kink: with these seeds no unit is that close.
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])(
    "random network %i, as built and simplified",
    async (seed) => {
      const built = buildNetwork(randomNetwork(seed));
      const images = randomImages(built, IMAGES, seed);
      const expected = await referenceJacobian(built, images);
      for (const engine of [
        asBuilt(built, "replicate"),
        await createTfjsEngine(built, { tf, input: INPUT }),
      ]) {
        const actual = await engine.jacobian(images, { classes: allClasses(built) });
        expectWithinBound(built, images, actual, expected);
        engine.dispose();
      }
    },
  );
});

/** Pixels whose network inputs are on the grid of the cases' weights, so that exact zeros and ties occur. */
function gridImages(network: Network, seed: number): Float32Array {
  const random = randomValues(seed);
  return Float32Array.from(
    { length: IMAGES * sizeOf(network.input.shape) },
    () => random.integer(0, 16) / 16,
  );
}

function allClasses({ classes }: Network): Int32Array {
  return Int32Array.from({ length: IMAGES * classes }, (_, i) => i % classes);
}

function inputOf({ input: { shape } }: Network) {
  return resolveInput(INPUT, shape[shape.length - 1]);
}

function referenceJacobian(network: Network, images: Float32Array) {
  return createReferenceEngine(network, inputOf(network)).jacobian(images, { classes: allClasses(network) });
}

interface Results {
  readonly logits: Float32Array;
  readonly values: Float32Array;
}

function expectWithinBound(network: Network, images: Float32Array, actual: Results, expected: Results): void {
  const size = sizeOf(network.input.shape);
  const { classes } = network;
  for (let n = 0; n < IMAGES; n++) {
    const part = (values: Float32Array, length: number) => values.subarray(n * length, (n + 1) * length);
    const image = Float64Array.from(part(images, size));
    const bound = float32Bound(network, inputOf(network), image, allClasses(network).subarray(0, classes));
    expectWithin(part(actual.logits, classes), part(expected.logits, classes), (c) => bound.logits[c]);
    const rows = classes * size;
    expectWithin(part(actual.values, rows), part(expected.values, rows), (i) => bound.values[i]);
  }
}
