/**
 * Convolution and batch normalisation with gradients that tfjs-backend-wasm can compute. It has no kernel for the
 * gradient of a convolution's weights, and a slow one for that of its input; but both are convolutions
 * themselves, and its forward convolution is fast.
 */
import type { Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs";
import { tf } from "./tf.js";

type Differentiable = Parameters<typeof tf.customGrad<Tensor4D>>[0];
type Save = (saved: Tensor[]) => void;

/**
 * SAME convolution. `x` is `[N, H, W, C]`, `w` is `[k, k, C, F]`, `stride` is 1 or 2 and divides H and W; k is
 * 1 or 3.
 */
export function convolution(x: Tensor4D, w: Tensor4D, stride: 1 | 2): Tensor4D {
  const op = tf.customGrad<Tensor4D>(((x: Tensor4D, w: Tensor4D, save: Save) => {
    save([x, w]);
    return {
      value: tf.conv2d(x, w, stride, "same"),
      gradFunc: (dy: Tensor4D, [x, w]: Tensor[]) => [
        inputGradient(dy, w as Tensor4D, stride),
        weightGradient(x as Tensor4D, dy, w.shape[0], stride),
      ],
    };
  }) as Differentiable);
  return op(x, w);
}

/** dL/dx: the cotangent, spread out by the stride, convolved with the turned kernel. */
function inputGradient(dy: Tensor4D, w: Tensor4D, stride: 1 | 2): Tensor4D {
  return tf.tidy(() => {
    const k = w.shape[0];
    const turned = tf.transpose(tf.reverse(w, [0, 1]), [0, 1, 3, 2]) as Tensor4D;
    if (stride === 1) return tf.conv2d(dy, turned, 1, "same");
    const before = k - 1; // SAME pads a strided 3x3 window at the end only
    return tf.conv2d(spread(dy), turned, 1, [
      [0, 0],
      [before, 0],
      [before, 0],
      [0, 0],
    ]);
  });
}

/** `[N, h, w, C]` to `[N, 2h, 2w, C]` with zeros between. */
function spread(y: Tensor4D): Tensor4D {
  const [n, h, w, c] = y.shape;
  const wide = tf.concat([y, tf.zerosLike(y)], 3).reshape([n, h, 2 * w * c]);
  return tf.concat([wide, tf.zerosLike(wide)], 2).reshape([n, 2 * h, 2 * w, c]) as Tensor4D;
}

/** dL/dw: channels as images and images as channels, the cotangent is the kernel, the stride its dilation. */
function weightGradient(x: Tensor4D, dy: Tensor4D, k: number, stride: 1 | 2): Tensor4D {
  return tf.tidy(() => {
    const images = tf.transpose(x, [3, 1, 2, 0]) as Tensor4D; // [C, H, W, N]
    const kernel = tf.transpose(dy, [1, 2, 0, 3]) as Tensor4D; // [h, w, N, F]
    const before = stride === 1 ? (k - 1) / 2 : 0;
    const after = k === 1 ? 0 : 1;
    const pads: [[number, number], [number, number], [number, number], [number, number]] = [
      [0, 0],
      [before, after],
      [before, after],
      [0, 0],
    ];
    const out = tf.conv2d(images, kernel, 1, pads, "NHWC", stride); // [C, >= k, >= k, F]
    return tf.transpose(tf.slice(out, 0, [out.shape[0], k, k, out.shape[3]]), [1, 2, 0, 3]) as Tensor4D;
  });
}

/** Mean over images and places: `[N, H, W, C]` to `[C]`. */
function channelMean(x: Tensor4D): Tensor1D {
  return tf.tidy(() => {
    const perImage = tf.avgPool(x, [x.shape[1], x.shape[2]], 1, "valid");
    return tf.mean(perImage, [0, 1, 2]) as Tensor1D;
  });
}

export interface BatchStatistics {
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

export function batchStatistics(x: Tensor4D): BatchStatistics {
  return tf.tidy(() => {
    const mean = channelMean(x);
    return { mean, variance: channelMean(tf.square(tf.sub<Tensor4D>(x, mean))) };
  });
}

/** `scale (x - mean) / sqrt(variance + epsilon) + offset` with `x`'s own statistics, differentiated through them. */
export function batchNormalisation(
  x: Tensor4D,
  scale: Tensor1D,
  offset: Tensor1D,
  { mean, variance }: BatchStatistics,
  epsilon: number,
): Tensor4D {
  const op = tf.customGrad<Tensor4D>(((x: Tensor4D, scale: Tensor1D, offset: Tensor1D, save: Save) => {
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const normalised = tf.mul(tf.sub(x, mean), inverse);
    save([normalised, scale, inverse]);
    return {
      value: tf.add(tf.mul(normalised, scale), offset),
      gradFunc: (dy: Tensor4D, [normalised, scale, inverse]: Tensor[]) => {
        const values = x.size / scale.size;
        const meanDy = channelMean(dy);
        const meanDyNormalised = channelMean(tf.mul<Tensor4D>(dy, normalised));
        const dx = tf.mul(
          tf.sub(tf.sub(dy, meanDy), tf.mul(normalised, meanDyNormalised)),
          tf.mul(scale, inverse),
        );
        return [dx, tf.mul(meanDyNormalised, values), tf.mul(meanDy, values)];
      },
    };
  }) as Differentiable);
  return op(x, scale, offset);
}
