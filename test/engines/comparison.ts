import { expect } from "vitest";
import { gradient } from "../../src/api/gradient.js";
import type { Engine, Jacobian } from "../../src/engines/engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { type InputTransform, resolveInput } from "../../src/network/input.js";
import { type Network, type NetworkSpec, sizeOf } from "../../src/network/spec.js";
import { type Answer, answerOf, expectAnswer, undetected } from "../support/oracle.js";

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

/**
 * @param draw an image by a number of attempts; kept are the first ones whose gradients, with their bound, tell right
 *   results from wrong ones ({@link undetected})
 * @param draws attempts for each image; where none is of use the first one is kept
 */
export function expectationOf(
  name: string,
  spec: NetworkSpec,
  draw: (network: Network, attempt: number) => Float32Array,
  count = 1,
  draws = 1,
): Expectation {
  const network = buildNetwork(spec);
  const { shape } = network.input;
  const input = resolveInput({ mean: 0.25, std: 0.5 }, shape[shape.length - 1]);
  const size = sizeOf(shape);
  const all = Int32Array.from({ length: network.classes }, (_, c) => c);
  const images = new Float32Array(count * size);
  const answers = Array.from({ length: count }, (_, n) => {
    const drawn = (attempt: number) => {
      const image = draw(network, attempt * count + n);
      return { image, answer: answerOf(network, input, Float64Array.from(image), all) };
    };
    const first = drawn(0);
    let kept = first;
    for (let attempt = 1; attempt < draws && undetected(kept.answer).length > 0; attempt++)
      kept = drawn(attempt);
    if (undetected(kept.answer).length > 0) kept = first;
    images.set(kept.image, n * size);
    return kept.answer;
  });
  const classes = Int32Array.from({ length: count * network.classes }, (_, i) => i % network.classes);
  return { name, network, input, images, classes, answers };
}

/**
 * Compares logits and the Jacobian of all classes with the oracle, to within the derived bound, rounding of the
 * result included; then asks for each image alone and expects the same bits, so that nothing of the batch-mates
 * or of earlier calls is left in the answer; then for other numbers of rows, each of which other kernels may compute, and
 * expects the same bits again; and for gradients of one cotangent, of one class and of all.
 *
 * @param rows numbers of rows to ask for
 * @returns a line for each image whose gradients are right only for another linear piece of a network that float32
 *   cannot tell from the exact one, with the units that show it
 */
export async function compareWithOracle(
  engine: Engine,
  expectation: Expectation,
  rows: readonly number[] = [],
): Promise<string[]> {
  const { images, classes } = expectation;
  const jacobian = await engine.jacobian(images, { classes });
  const ties = compareJacobian(engine.backend, expectation, jacobian);
  await expectSameAlone(engine, expectation, jacobian);
  for (const count of rows) await expectSameRows(engine, expectation, jacobian, count);
  await expectGradients(engine, expectation, jacobian);
  return ties;
}

/** The first part of {@link compareWithOracle}, for a Jacobian of all classes. */
export function compareJacobian(
  backend: string,
  { name, network, answers }: Expectation,
  { logits, values }: Pick<Jacobian, "logits" | "values">,
): string[] {
  const rows = network.classes * sizeOf(network.input.shape);
  return answers.flatMap((answer, n) => {
    const ours = {
      logits: logits.subarray(n * network.classes, (n + 1) * network.classes),
      values: values.subarray(n * rows, (n + 1) * rows),
    };
    const tie = expectAnswer(ours, answer, `${backend} on ${name}, image ${n}`);
    return tie === "" ? [] : [tie];
  });
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

/** So many rows of each image, of other classes in each row and each image, some more than once if there are too few. */
async function expectSameRows(
  engine: Engine,
  { name, network, images, answers }: Expectation,
  whole: Jacobian,
  count: number,
): Promise<void> {
  const size = sizeOf(network.input.shape);
  const named = Int32Array.from(
    { length: answers.length * count },
    (_, i) => (Math.floor(i / count) + i) % network.classes,
  );
  const { values } = await engine.jacobian(images, {
    classes: named,
    out: new Float32Array(named.length * size).fill(Number.NaN),
  });
  named.forEach((c, i) => {
    const row = Math.floor(i / count) * network.classes + c;
    expectSameBits(
      values.subarray(i * size, (i + 1) * size),
      whole.values.subarray(row * size, (row + 1) * size),
      `${name}, class ${c} as row ${i % count} of ${count}`,
    );
  });
}

/**
 * A gradient of one logit is its row and one of many is the rows' combination, within their bounds; bit for bit where a
 * backend makes them of rows. An image alone has the bits that it has among others.
 */
async function expectGradients(
  engine: Engine,
  { name, network, images, answers }: Expectation,
  { values: rows }: Jacobian,
): Promise<void> {
  const { classes } = network;
  const size = sizeOf(network.input.shape);
  const row = (n: number, c: number) => rows.subarray((n * classes + c) * size, (n * classes + c + 1) * size);
  const one = new Float32Array(answers.length * classes);
  const many = one.map((_, i) => ((i % 3) - 0.75) * 2 ** (i % 2));
  answers.forEach((_, n) => {
    one[n * classes + (n % classes)] = 1;
  });
  const single = await gradient(engine, images, { cotangents: one });
  const mixed = await gradient(engine, images, { cotangents: many });
  for (let n = answers.length - 1; n >= 0; n--) {
    const cotangents = many.subarray(n * classes, (n + 1) * classes);
    const alone = await gradient(engine, images.subarray(n * size, (n + 1) * size), { cotangents });
    const among = mixed.values.subarray(n * size, (n + 1) * size);
    expectSameBits(alone.values, among, `${name}, gradient of image ${n} alone`);
  }
  answers.forEach(({ error, values: exact }, n) => {
    const ours = (of: Float32Array) => of.subarray(n * size, (n + 1) * size);
    if (engine.backend !== "wasm")
      expectSameBits(ours(single.values), row(n, n % classes), `${name}, gradient of image ${n}`);
    for (let i = 0; i < size; i++) {
      const at = (n % classes) * size + i;
      if (!(Math.abs(ours(single.values)[i] - exact[at]) <= error.values[at]) && error.ties.length === 0)
        expect.fail(
          `${name}, image ${n}: gradient ${ours(single.values)[i]} at ${i}, expected ${exact[at]} within ${error.values[at]}`,
        );
      // Both may be off, the rows and their combination, and C products and sums round.
      let [sum, bound] = [0, 0];
      for (let c = 0; c < classes; c++) {
        const seed = many[n * classes + c];
        const of = c * size + i;
        sum += seed * row(n, c)[i];
        bound += Math.abs(seed) * (2 * error.values[of] + (classes + 3) * 2 ** -23 * Math.abs(exact[of]));
      }
      if (!(Math.abs(ours(mixed.values)[i] - sum) <= bound) && error.ties.length === 0)
        expect.fail(`${name}, image ${n}: ${ours(mixed.values)[i]} at ${i}, expected ${sum} within ${bound}`);
    }
  });
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
