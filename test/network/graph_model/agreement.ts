import type * as tfjs from "@tensorflow/tfjs";
import { expect } from "vitest";
import { createWasmEngine } from "../../../src/engines/wasm/engine.js";
import { buildNetwork } from "../../../src/network/build.js";
import { openModel } from "../../../src/network/import/open_model.js";
import { type Network, sizeOf } from "../../../src/network/spec.js";
import { answerOf, expectAnswer } from "../../support/oracle.js";
import { randomValues } from "../../support/random_values.js";
import { tf } from "../layers_model_fixtures.js";
import type { GraphFile } from "./fixtures.js";

/** No range, mean or std: the network's own input. */
const AS_IS = { range: [0, 1], scale: [1], offset: [0] } as const;

/** TensorFlow.js approximates some functions: what it may be off beside rounding, relative to the largest score. */
const APPROXIMATE = 2e-6;

export interface Comparison {
  /** Node that TensorFlow.js is asked for; the graph's output if none is named. */
  readonly node?: string;
  /** The node that we are asked for. */
  readonly output?: string;
  readonly images?: number;
  /** Pixels in [low, high). */
  readonly low?: number;
  readonly high?: number;
  readonly inputShape?: readonly number[];
  /** How TensorFlow.js sees one image, where its order of axes is another: `[C, H, W]`. */
  readonly channelsFirst?: boolean;
  /** The WASM engine is compared as well. Default true. */
  readonly wasm?: boolean;
}

/**
 * Holds the imported network to what TensorFlow.js computes of the same file, one image at a time: each rounds to float32 after
 * every operation or never, so they differ by the bound of a float32 evaluation at most, and the bound must be small.
 */
export async function expectSameAsTfjs(graph: GraphFile, options: Comparison = {}): Promise<Network> {
  const { low = -2, high = 2, images: count = 3, output, inputShape, wasm = true } = options;
  const network = buildNetwork(await openModel(graph.files(), { output, inputShape }));
  const model = await graph.live();
  const size = sizeOf(network.input.shape);
  const random = randomValues(11);
  const images = Float32Array.from({ length: count * size }, () => random.uniform(low, high));
  using engine = wasm ? await createWasmEngine(network, AS_IS, { threads: 0 }) : undefined;
  const fast = await engine?.logits(images);
  for (let n = 0; n < count; n++) {
    const image = images.subarray(n * size, (n + 1) * size);
    const expected = await scoresOf(model, image, network.input.shape, options);
    expect(expected.length, "number of scores").toBe(network.classes);
    const answer = answerOf(network, AS_IS, Float64Array.from(image), new Int32Array(0));
    const largest = Math.max(...answer.logits.map(Math.abs));
    expect(largest, "some score must not be 0").toBeGreaterThan(0);
    for (const [c, bound] of answer.error.logits.entries()) {
      expect(bound / largest, "the bound of float32 arithmetic").toBeLessThan(5e-5);
      answer.error.logits[c] = bound + APPROXIMATE * largest;
    }
    expect(expectAnswer({ logits: expected, values: [] }, answer, `image ${n} of tfjs`)).toBe("");
    if (fast) {
      const logits = fast.logits.subarray(n * network.classes, (n + 1) * network.classes);
      expect(expectAnswer({ logits, values: [] }, answer, `image ${n} on wasm`)).toBe("");
    }
  }
  return network;
}

async function scoresOf(
  model: tfjs.GraphModel,
  image: Float32Array,
  shape: readonly number[],
  { node, channelsFirst = false }: Comparison,
): Promise<Float32Array> {
  const input = tf.tensor(image, [1, ...shape]);
  const x = channelsFirst ? tf.transpose(input, [0, 3, 1, 2]) : input;
  const scores = model.execute(x, node ?? model.outputNodes[0]) as tfjs.Tensor;
  return (await scores.data()) as Float32Array;
}

export async function networkOf(graph: GraphFile, output?: string): Promise<Network> {
  return buildNetwork(await openModel(graph.files(), { output }));
}

/** Holds two networks to the same scores on a few images. */
export function expectSameNetworks(one: Network, other: Network): void {
  expect(other.input.shape).toEqual(one.input.shape);
  const random = randomValues(12);
  for (let n = 0; n < 3; n++) {
    const image = Float64Array.from({ length: sizeOf(one.input.shape) }, () => random.uniform(-2, 2));
    const [a, b] = [one, other].map((network) => answerOf(network, AS_IS, image, new Int32Array(0)));
    expect(expectAnswer({ logits: b.logits, values: [] }, a, `image ${n}`)).toBe("");
  }
}
