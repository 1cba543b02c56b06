import { expect } from "vitest";
import type { Engine, Jacobian } from "../../src/engines/engine.js";
import { jacobian64 } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { type InputTransform, resolveInput } from "../../src/network/input.js";
import { type Network, type NetworkSpec, sizeOf } from "../../src/network/spec.js";
import { float32Error, type ImageError } from "../support/float32_error.js";

/** A network, images for it, and what the oracle says of them. */
export interface Expectation {
  readonly name: string;
  readonly network: Network;
  readonly input: InputTransform;
  readonly images: Float32Array;
  /** Every class of every image, `[N][C]`. */
  readonly classes: Int32Array;
  readonly answers: readonly Answer[];
}

/** Of one image: logits `[C]`, gradients of all of them `[C][D]`, and what float32 may make of both. */
interface Answer {
  readonly logits: Float64Array;
  readonly values: Float64Array;
  readonly error: ImageError;
}

export function expectationOf(
  name: string,
  spec: NetworkSpec,
  imagesFor: (network: Network) => Float32Array,
): Expectation {
  const network = buildNetwork(spec);
  const { shape } = network.input;
  const input = resolveInput({ mean: 0.25, std: 0.5 }, shape[shape.length - 1]);
  const images = imagesFor(network);
  const size = sizeOf(shape);
  const count = images.length / size;
  const all = Int32Array.from({ length: network.classes }, (_, c) => c);
  const answers = Array.from({ length: count }, (_, n) => {
    const image = Float64Array.from(images.subarray(n * size, (n + 1) * size));
    return { ...jacobian64(network, input, image, all), error: float32Error(network, input, image, all) };
  });
  const classes = Int32Array.from({ length: count * network.classes }, (_, i) => i % network.classes);
  return { name, network, input, images, classes, answers };
}

/**
 * Compares logits and the Jacobian of all classes with the oracle, to within the derived bound, rounding of the
 * result included; then asks for each image alone and expects the same bits, so that nothing of the batch-mates
 * or of earlier calls is left in the answer.
 *
 * @returns a line for each image whose gradients are right only for another linear piece of a network that float32
 *   cannot tell from the exact one, with the units that show it
 */
export async function compareWithOracle(engine: Engine, expectation: Expectation): Promise<string[]> {
  const { name, network, images, classes, answers } = expectation;
  const size = sizeOf(network.input.shape);
  const jacobian = await engine.jacobian(images, { classes });
  const rows = network.classes * size;
  const exceptions: string[] = [];
  answers.forEach(({ logits, values, error }, n) => {
    const ours = {
      logits: jacobian.logits.subarray(n * network.classes, (n + 1) * network.classes),
      values: jacobian.values.subarray(n * rows, (n + 1) * rows),
    };
    const where = `${engine.backend} on ${name}, image ${n}`;
    expect(firstBeyond(ours.logits, logits, error.logits), `${where}: logits`).toBe("");
    const beyond = firstBeyond(ours.values, values, error.values);
    if (beyond === "") return;
    expect(error.ties, `${where}: gradients, ${beyond}, and there is no tie`).not.toEqual([]);
    expect(firstBeyond(ours.values, values, error.tiedValues), `${where}: gradients, in spite of ties`).toBe(
      "",
    );
    const ties = error.ties.map(
      ({ node, unit, at, error: by }) => `${node}[${unit}] = ${at} +- ${by.toExponential(1)}`,
    );
    exceptions.push(`${name}, image ${n}: ${ties.slice(0, 4).join(", ")}${ties.length > 4 ? ", ..." : ""}`);
  });
  await expectSameAlone(engine, expectation, jacobian);
  return exceptions;
}

async function expectSameAlone(
  engine: Engine,
  { name, network, images, classes }: Expectation,
  batch: Jacobian,
): Promise<void> {
  const size = sizeOf(network.input.shape);
  const rows = network.classes * size;
  for (let n = images.length / size - 1; n >= 0; n--) {
    const alone = await engine.jacobian(images.subarray(n * size, (n + 1) * size), {
      classes: classes.subarray(0, network.classes),
      out: new Float32Array(rows).fill(Number.NaN),
    });
    expectSameBits(
      alone.values,
      batch.values.subarray(n * rows, (n + 1) * rows),
      `${name}, image ${n} alone`,
    );
    expectSameBits(
      alone.logits,
      batch.logits.subarray(n * network.classes, (n + 1) * network.classes),
      `${name}, logits of image ${n} alone`,
    );
  }
}

/** The first value beyond its bound, described, or "". NaN is beyond any. */
function firstBeyond(ours: Float32Array, exact: Float64Array, bound: Float64Array): string {
  if (ours.length !== exact.length) return `${ours.length} values, expected ${exact.length}`;
  for (let i = 0; i < exact.length; i++) {
    const most = bound[i] + 2 ** -24 * Math.abs(exact[i]);
    if (!(Math.abs(ours[i] - exact[i]) <= most))
      return `value ${i} is ${ours[i]}, expected ${exact[i]} within ${most}`;
  }
  return "";
}

/** Bit for bit, but that -0 is 0: which zero a skipped term leaves says nothing. */
export function expectSameBits(
  actual: Float32Array | Int32Array,
  expected: Float32Array | Int32Array,
  what: string,
): void {
  let different = actual.length === expected.length ? -1 : 0;
  for (let i = 0; i < expected.length && different < 0; i++) if (actual[i] !== expected[i]) different = i;
  if (different >= 0)
    expect.fail(
      `${what}: ${actual.length} values, ${expected.length} expected; value ${different} is ${actual[different]}, expected ${expected[different]}`,
    );
}
