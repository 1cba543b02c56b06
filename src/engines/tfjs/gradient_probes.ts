import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import type { TfNamespace } from "../../kernels/tfjs/namespace.js";

/** A kernel whose gradient is wrong or missing on the current backend. */
export interface Distrusted {
  readonly kernel: string;
  readonly reason: string;
}

/** More than one image and channel, not square: what the known faults need to show. */
const CHANNELS = 3;
const PROBE_SHAPE = [2, 5, 4, CHANNELS];

/**
 * Operations whose gradient is a kernel of its own. On tfjs 4.22 it is wrong or missing for max-pool and depthwise
 * convolution (wasm) and for resize (cpu). All are homogeneous of degree 1 in x.
 */
const PROBES: Readonly<Record<string, (tf: TfNamespace, x: Tensor4D) => Tensor>> = {
  MaxPool: (tf, x) => tf.maxPool(x, 2, 2, "valid"),
  AvgPool: (tf, x) => tf.avgPool(x, 3, 1, "valid"),
  ResizeBilinear: (tf, x) => tf.image.resizeBilinear(x, [9, 4]),
  ResizeNearestNeighbor: (tf, x) => tf.image.resizeNearestNeighbor(x, [10, 8]),
  Conv2D: (tf, x) => tf.conv2d(x, wave(tf, [3, 2, CHANNELS, 2], 5) as Tensor4D, 2, "same"),
  DepthwiseConv2dNative: (tf, x) =>
    tf.depthwiseConv2d(x, wave(tf, [3, 3, CHANNELS, 2], 5) as Tensor4D, 1, "same"),
};

/**
 * Finds a kernel that `f` uses and whose gradient is wrong on the current backend. Differentiates `f` once on the
 * way, so what has no gradient at all throws here.
 *
 * @param x an input of `f`
 * @returns the first kernel that fails, or undefined
 */
export async function findDistrusted(
  tf: TfNamespace,
  f: (x: Tensor) => Tensor,
  x: Tensor,
): Promise<Distrusted | undefined> {
  const kernels = new Set<string>();
  const padded: Tensor[] = [];
  try {
    tf.tidy(() => {
      tf.grad((input: Tensor) => {
        const y = f(input);
        for (const { kernelName, gradient, outputs } of [...tf.engine().state.activeTape]) {
          kernels.add(kernelName);
          if (kernelName === "AvgPool" && gradient)
            padded.push(tf.keep(meanPreserved(tf, outputs[0].shape, gradient)));
        }
        return tf.sum(y);
      })(x);
    });
    for (const sums of padded)
      if (!isIdentity(await sums.data()))
        return { kernel: "AvgPool", reason: "its gradient is wrong with padding" };
  } finally {
    tf.dispose(padded);
  }
  for (const kernel of kernels) {
    const probe = PROBES[kernel];
    const reason = probe && (await failure(tf, probe));
    if (reason) return { kernel, reason };
  }
  return undefined;
}

/**
 * Euler's identity: a function homogeneous of degree 1 has `sum y dy = sum x dx` for `dx = vjp(dy)`, which a wrong
 * gradient breaks for generic x and dy.
 */
async function failure(
  tf: TfNamespace,
  probe: (tf: TfNamespace, x: Tensor4D) => Tensor,
): Promise<string | undefined> {
  let sums: Tensor;
  try {
    sums = tf.tidy(() => {
      const x = wave(tf, PROBE_SHAPE, 1) as Tensor4D;
      const y = probe(tf, x);
      const dy = wave(tf, y.shape, 3);
      const dx = tf.grad((z: Tensor) => probe(tf, z as Tensor4D))(x, dy);
      return tf.keep(bothSides(tf, tf.mul(y, dy), tf.mul(x, dx)));
    });
  } catch {
    return "its gradient fails";
  }
  const holds = isIdentity(await sums.data());
  sums.dispose();
  return holds ? undefined : "its gradient is wrong";
}

/**
 * An average of ones is one, padding or not, so `sum dx = sum dy`; tfjs divides by the whole window. Here dy is 1 in the
 * first and the last corner, which padding would be in.
 */
function meanPreserved(
  tf: TfNamespace,
  shape: readonly number[],
  gradient: (dys: Tensor[]) => { [input: string]: () => Tensor },
): Tensor {
  const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
  values[0] = values[values.length - 1] = 1;
  const dy = tf.tensor(values, [...shape]);
  return bothSides(tf, dy, Object.values(gradient([dy]))[0]());
}

function bothSides(tf: TfNamespace, left: Tensor, right: Tensor): Tensor {
  const terms = [left, right];
  return tf.stack([...terms.map((t) => tf.sum(t)), ...terms.map((t) => tf.sum(tf.abs(t)))]);
}

/** Rounding, even in half precision, is far below the tolerance; a wrong gradient is of the order of the terms. */
function isIdentity([left, right, leftSize, rightSize]: ArrayLike<number> & Iterable<number>): boolean {
  return Math.abs(left - right) <= 1e-2 * (leftSize + rightSize);
}

/** Values in [-1, 1] without a pattern that an error could hide in. */
function wave(tf: TfNamespace, shape: readonly number[], frequency: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(1 + frequency * i * i));
  return tf.tensor(values, [...shape]);
}
