import { deepfool } from "../../src/api/deepfool.js";
import { randomSource } from "../../src/api/random.js";
import { universalPerturbation } from "../../src/api/universal.js";
import type { Engine } from "../../src/engines/engine.js";
import { forward64, vjp64 } from "../../src/engines/reference.js";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { sizeOf } from "../../src/network/spec.js";
import { RADIUS, type Result, SEED } from "../case.js";
import type { BenchNetwork } from "../networks.js";
import { PROMISED } from "./tolerance.js";
import { distance } from "./verdict.js";

/** Multiply-adds of float64 that take some seconds. */
const REFERENCE_WORK = 4e8;
/** Images that are tried until one is found on which no unit ties. */
const TRIED = 8;

/** How right the oracle was found to be. */
export interface Proof {
  readonly against: string;
  /** Of logits, and of Jacobians: of rows, or of a combination of all rows; relative norms. */
  readonly logits: number;
  readonly jacobian: number;
}

/** Gradients of one image. */
export interface Rows {
  readonly values: Float32Array;
  readonly classes: Int32Array;
  readonly logits: Float32Array;
}

/**
 * What a network's results are compared with: our plain WASM kernels on the calling thread, image by image, which are fast
 * enough to check every row of every image that is timed, and are themselves compared with results stored by another
 * implementation, or with float64.
 */
export class Oracle {
  private constructor(
    private readonly bench: BenchNetwork,
    private readonly engine: Engine,
    readonly proof: Proof,
  ) {}

  /**
   * @param forward multiply-adds of a forward pass
   * @param say told when it takes minutes
   */
  static async open(bench: BenchNetwork, forward: number, say: (line: string) => void): Promise<Oracle> {
    const { network, input } = bench;
    const engine = await createWasmEngine(network, input, { deterministic: true, threads: 0 });
    if (forward > 1e9) say("  comparing with float64, which takes minutes");
    const proof = await prove(bench, engine, forward);
    return new Oracle(bench, engine, proof);
  }

  private readonly rows = new Map<string, Promise<Rows>>();

  /** Gradients of the given logits of image `n`. */
  jacobian(n: number, classes: Int32Array): Promise<Rows> {
    const key = `${n}/${classes.join()}`;
    const known = this.rows.get(key) ?? this.engine.jacobian(this.images(n, 1), { classes });
    // One image of a large network is megabytes; a case asks for its images one after the other.
    if (this.rows.size > 64) this.rows.clear();
    this.rows.set(key, known);
    return known;
  }

  /** Of any pixels. */
  async logits(pixels: Float32Array): Promise<Float32Array> {
    return (await this.engine.logits(pixels)).logits;
  }

  async attack(
    op: "deepfool" | "deepfool_foolbox" | "deepfool_step",
    first: number,
    count: number,
    classes: number,
  ): Promise<Extract<Result, { op: "deepfool" | "deepfool_foolbox" | "deepfool_step" }>> {
    const options = {
      deepfool: {},
      deepfool_step: { steps: 1 },
      deepfool_foolbox: { profile: "foolbox" },
    } as const;
    const run = await deepfool(this.engine, this.images(first, count), { classes, ...options[op] });
    return { op, ...run };
  }

  /** One pass over a few images. */
  async universal(first: number, count: number, classes: number): Promise<Float32Array> {
    const options = {
      method: "deepfool",
      norm: Infinity,
      radius: RADIUS,
      passes: 1,
      delta: 0,
      classes,
      seed: SEED,
    } as const;
    return (await universalPerturbation(this.engine, this.images(first, count), options)).last;
  }

  images(first: number, count: number): Float32Array {
    const size = sizeOf(this.bench.network.input.shape);
    return this.bench.images.values.subarray(first * size, (first + count) * size);
  }

  dispose(): void {
    this.engine.dispose();
  }
}

async function prove(bench: BenchNetwork, engine: Engine, forward: number): Promise<Proof> {
  return (await proveByStored(bench, engine)) ?? (await proveByReference(bench, engine, forward));
}

/** Every stored row of every image that there is one of. */
async function proveByStored(
  { network, images, known }: BenchNetwork,
  engine: Engine,
): Promise<Proof | undefined> {
  if (!known?.jacobian || !known.logits) return undefined;
  const { values, classes } = known.jacobian;
  const size = sizeOf(network.input.shape);
  const rows = network.classes;
  const count = Math.min(images.count, classes.length / rows);
  let [jacobian, logits] = [0, 0];
  for (let n = 0; n < count; n++) {
    const own = await engine.jacobian(images.values.subarray(n * size, (n + 1) * size), {
      classes: classes.slice(n * rows, (n + 1) * rows),
    });
    logits = Math.max(logits, distance(own.logits, known.logits.subarray(n * rows, (n + 1) * rows)));
    for (let k = 0; k < rows; k++) {
      const stored = values.subarray((n * rows + k) * size, (n * rows + k + 1) * size);
      jacobian = Math.max(jacobian, distance(own.values.subarray(k * size, (k + 1) * size), stored));
    }
  }
  return { against: `stored results of ${count} images, every row`, logits, jacobian };
}

/**
 * A combination of the rows of ten classes with random signs against one float64 backward pass: a row that is wrong shows in
 * it. The first image on which no unit ties counts, of up to eight; where there is none, the best.
 */
async function proveByReference(
  { network, input, images }: BenchNetwork,
  engine: Engine,
  forward: number,
): Promise<Proof> {
  const size = sizeOf(network.input.shape);
  const rows = Math.min(10, network.classes);
  let best: Proof | undefined;
  const tried = Math.max(1, Math.min(TRIED, images.count, Math.floor(TRIED * (REFERENCE_WORK / forward))));
  for (let n = 0; n < tried; n++) {
    const pixels = images.values.subarray(n * size, (n + 1) * size);
    const own = await engine.jacobian(pixels, { classes: rows });
    const values = forward64(network, input, Float64Array.from(pixels));
    const random = randomSource(n);
    const signs = Array.from(own.classes, () => (random() % 2 === 0 ? 1 : -1));
    const seed = new Float64Array(network.classes);
    own.classes.forEach((c, k) => {
      seed[c] = signs[k];
    });
    const combined = new Float64Array(size);
    for (let k = 0; k < rows; k++)
      for (let i = 0; i < size; i++) combined[i] += signs[k] * own.values[k * size + i];
    const proof = {
      against: `float64, all rows of image ${n} combined`,
      logits: distance(own.logits, values.get(network.output)!),
      jacobian: distance(combined, vjp64(network, input, values, seed)),
    };
    if (!best || proof.jacobian < best.jacobian) best = proof;
    if (proof.jacobian <= PROMISED) break;
  }
  return best!;
}
