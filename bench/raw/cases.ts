import type * as loops from "../../src/kernels.js";
import { uniform } from "../images.js";

/** A call of the raw kernels, by the loops or by `openKernels`. */
export interface RawCase {
  /** Function, shape, norm. */
  readonly name: string;
  /** Bytes of the inputs. */
  readonly bytes: number;
  /** The result as numbers, so that two can be compared. */
  readonly call: (kernels: RawKernels) => readonly ArrayLike<number>[];
}
export type RawKernels = Pick<loops.Kernels, "deepfoolStep" | "rowNorms" | "project" | "topClasses">;

/** CIFAR-10, MNIST and ImageNet: values of an image. */
const [MNIST, CIFAR, IMAGENET] = [28 * 28, 32 * 32 * 3, 224 * 224 * 3];
const K = 10;

const random = (length: number, seed: number): Float32Array => {
  const next = uniform(seed);
  return Float32Array.from({ length }, () => next() - 0.5);
};

export const RAW_CASES: readonly (() => RawCase)[] = [
  ...batches([MNIST, [1, 64]], [CIFAR, [1, 8, 64]], [IMAGENET, [1, 8]]).flatMap(([size, count]) =>
    ([2, Infinity] as const).map((norm) => () => deepfoolStep(count, size, norm)),
  ),
  ...batches([CIFAR, [1, 64]], [IMAGENET, [1, 8]]).map(
    ([size, count]) =>
      () =>
        rowNorms(count, size),
  ),
  ...batches([CIFAR, [1, 64]], [IMAGENET, [1, 8]]).flatMap(([size, count]) =>
    ([2, Infinity] as const).map((norm) => () => project(count, size, norm)),
  ),
  ...batches([10, [1, 64]], [1000, [1, 64]]).map(
    ([classes, count]) =>
      () =>
        topClasses(count, classes),
  ),
];

function batches(...sizes: readonly (readonly [number, readonly number[]])[]) {
  return sizes.flatMap(([size, counts]) => counts.map((count) => [size, count] as const));
}

function deepfoolStep(count: number, size: number, norm: 2 | typeof Infinity): RawCase {
  const jacobian = random(count * K * size, 1);
  const logits = random(count * K, 2);
  const out = new Float32Array(count * size);
  return {
    name: `deepfoolStep/${count}x${K}x${size}/${norm}`,
    bytes: jacobian.byteLength,
    call: (kernels) => {
      const { steps, chosen, distances } = kernels.deepfoolStep(jacobian, logits, { classes: K, norm, out });
      return [steps, chosen, distances];
    },
  };
}

function rowNorms(count: number, size: number): RawCase {
  const matrix = random(count * K * size, 3);
  return {
    name: `rowNorms/${count * K}x${size}/2`,
    bytes: matrix.byteLength,
    call: (kernels) => [kernels.rowNorms(matrix, size)],
  };
}

function project(count: number, size: number, norm: 2 | typeof Infinity): RawCase {
  const vectors = random(count * size, 4);
  const out = new Float32Array(count * size);
  const radius = norm === 2 ? 0.1 * Math.sqrt(size) : 0.3;
  return {
    name: `project/${count}x${size}/${norm}`,
    bytes: vectors.byteLength,
    call: (kernels) => [kernels.project(vectors, { radius, norm, size, out })],
  };
}

function topClasses(count: number, classes: number): RawCase {
  const logits = random(count * classes, 5);
  return {
    name: `topClasses/${count}x${classes}/${K}`,
    bytes: logits.byteLength,
    call: (kernels) => [kernels.topClasses(logits, { classes, count: K })],
  };
}
