/** What ONNX Runtime computes, and whether our engines compute the same. */

import * as ort from "onnxruntime-web";
import { expect } from "vitest";
import { createReferenceEngine } from "../../../src/engines/reference.js";
import { createWasmEngine } from "../../../src/engines/wasm/engine.js";
import { buildNetwork } from "../../../src/network/build.js";
import { type OpenModelOptions, openModel } from "../../../src/network/import/open_model.js";
import type { InputTransform } from "../../../src/network/input.js";
import { type Network, sizeOf } from "../../../src/network/spec.js";
import { randomValues } from "../../support/random_values.js";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "fatal";

export interface AgreeOptions extends OpenModelOptions {
  /** Lengths that the file leaves open, the batch left out; else those of the file. */
  readonly dims?: readonly number[];
  /** Whether its images have their channels last. */
  readonly channelsLast?: boolean;
  /** How many images; those of a file with a fixed batch are a multiple of it. */
  readonly images?: number;
  /** Bounds of the images' values. */
  readonly range?: readonly [number, number];
  readonly engines?: readonly ("reference" | "wasm")[];
  /** Largest difference, as a part of the largest score. */
  readonly tolerance?: number;
  /** Files beside the model. */
  readonly beside?: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
  /** The output of the file that holds the scores; else the first. */
  readonly scores?: string;
}

/** What the file's input is called and how long its axes are. */
export type InputDims = readonly (number | string)[];

/**
 * Scores of random images agree with ONNX Runtime's, those of every image with those that it has beside others.
 *
 * @param input shape of the file's input "x"
 * @returns the network
 */
export async function expectAgreement(
  bytes: Uint8Array<ArrayBuffer>,
  input: InputDims,
  options: AgreeOptions = {},
): Promise<Network> {
  const { channelsLast = false, range = [-1, 1], tolerance = 2e-5, beside = {} } = options;
  const dims = options.dims ?? input.slice(1).map(Number);
  const batch = typeof input[0] === "number" ? input[0] : (options.images ?? 3);
  const count = typeof input[0] === "number" ? batch * (batch === 1 ? 2 : 1) : batch;
  const size = sizeOf(dims);
  const random = randomValues(7);
  const values = Float32Array.from({ length: count * size }, () => random.uniform(...range));
  const expected = await runtimeScores(bytes, values, batch, dims, beside, options.scores);

  const model = Object.keys(beside).length > 0 ? filesOf(bytes, beside) : bytes;
  const network = buildNetwork(await openModel(model, options));
  expect(expected.length, "scores of ONNX Runtime").toBe(count * network.classes);
  const images = dims.length === 3 && !channelsLast ? toChannelsLast(values, dims) : values;
  const channels = network.input.shape[network.input.shape.length - 1];
  const transform: InputTransform = {
    range,
    scale: new Array<number>(channels).fill(1),
    offset: new Array<number>(channels).fill(0),
  };
  for (const name of options.engines ?? (["reference"] as const)) {
    using engine =
      name === "wasm"
        ? await createWasmEngine(network, transform, { threads: 0 })
        : createReferenceEngine(network, transform);
    const { logits } = await engine.logits(images);
    const off = difference(network, logits, expected);
    expect(off, `${name} and ONNX Runtime`).toBeLessThan(tolerance);
  }
  return network;
}

/** Outputs of the file for images as it reads them, batch by batch. */
async function runtimeScores(
  bytes: Uint8Array,
  values: Float32Array,
  batch: number,
  dims: readonly number[],
  beside: Readonly<Record<string, Uint8Array>>,
  output?: string,
): Promise<Float32Array> {
  const externalData = Object.entries(beside).map(([path, data]) => ({ path, data }));
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 4,
    ...(externalData.length > 0 && { externalData }),
  });
  try {
    const scores: number[] = [];
    const size = batch * sizeOf(dims);
    for (let at = 0; at < values.length; at += size) {
      const x = new ort.Tensor("float32", values.slice(at, at + size), [batch, ...dims]);
      const outputs = await session.run({ x });
      scores.push(...(outputs[output ?? session.outputNames[0]].data as Float32Array));
    }
    return Float32Array.from(scores);
  } finally {
    await session.release();
  }
}

function filesOf(
  bytes: Uint8Array<ArrayBuffer>,
  beside: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
): File[] {
  const others = Object.entries(beside).map(([name, data]) => new File([data], name));
  return [new File([bytes], "model.onnx"), ...others];
}

/** `[N][C][H][W]` to `[N][H][W][C]`. */
function toChannelsLast(values: Float32Array, [channels, height, width]: readonly number[]): Float32Array {
  const plane = height * width;
  return values.map((_, i) => {
    const n = Math.floor(i / (plane * channels));
    const c = i % channels;
    const p = Math.floor(i / channels) % plane;
    return values[(n * channels + c) * plane + p];
  });
}

/** Largest difference, as a part of the largest score; of logarithms where the file ends in probabilities. */
function difference(
  { classes, strippedSoftmax, strippedSigmoid }: Network,
  ours: Float32Array,
  theirs: Float32Array,
): number {
  expect(ours.length).toBe(theirs.length);
  const isProbability = strippedSoftmax && theirs.every((p) => p >= 0);
  let [off, largest] = [0, 0];
  for (let at = 0; at < ours.length; at += classes) {
    let a = [...ours.subarray(at, at + classes)];
    let b = [...theirs.subarray(at, at + classes)];
    if (isProbability) b = b.map(Math.log);
    if (strippedSigmoid) a = a.map((z) => 1 / (1 + Math.exp(-z)));
    if (strippedSoftmax) [a, b] = [centred(a), centred(b)];
    a.forEach((value, c) => {
      off = Math.max(off, Number.isNaN(value) ? Number.POSITIVE_INFINITY : Math.abs(value - b[c]));
      largest = Math.max(largest, Math.abs(b[c]));
    });
  }
  // Zeros would agree with anything that returns them.
  expect(largest, "the largest score").toBeGreaterThan(1e-3);
  return off / largest;
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return values.map((x) => x - mean);
}
