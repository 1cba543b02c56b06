import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import type { Node, Pair } from "../../node.js";
import { extentOf, windowOf } from "../../pool.js";
import type { TfNamespace } from "../../tfjs/namespace.js";
import { type Context, indicator, type MakeOperator, scaleCotangents } from "../../tfjs/operator.js";
import { asImages, explicitPads, interleavePhases, spatialWindow, tap } from "../../tfjs/window.js";
import type { MaxPool } from "./spec.js";

/** Loses against every pixel. Finite, because shaders may not have infinity. */
const LOWEST = -3.4028234663852886e38;

/**
 * Max-pooling. Backward, each tap of the window has a mask of the outputs that it won (the first of equals); the
 * masked cotangents of taps that fall on the same phase of the stride are added, shifted, and the phases
 * interleaved. Masks have the size of the output and are made once for all K cotangents.
 */
export const make: MakeOperator<MaxPool> = (node, { tf }: Context) => ({
  forward: ([x]) => forward(tf, asImages(x), node),
  vjp([x], y, dy) {
    const { strides, pads, shape, inputShapes } = node;
    const { kernel: taps, dilations } = windowOf(node);
    const kernel = extentOf(node);
    const masks = winnerMasks(tf, node, asImages(x), y);
    const steps: Pair = [Math.ceil(kernel[0] / strides[0]), Math.ceil(kernel[1] / strides[1])];
    const phaseSize: Pair = [shape[0] + steps[0] - 1, shape[1] + steps[1] - 1];
    const phases: Tensor4D[] = [];
    for (let a = 0; a < strides[0]; a++)
      for (let b = 0; b < strides[1]; b++) {
        const shares: Tensor4D[] = [];
        for (let j = 0; a + strides[0] * j < kernel[0]; j++)
          for (let l = 0; b + strides[1] * l < kernel[1]; l++) {
            const [row, column] = [(a + strides[0] * j) / dilations[0], (b + strides[1] * l) / dilations[1]];
            if (!Number.isInteger(row) || !Number.isInteger(column)) continue;
            const mask = masks[row * taps[1] + column];
            const won = asImages(scaleCotangents(tf, dy, mask, x.shape[0]));
            shares.push(spatialWindow(tf, won, [-j, -l], phaseSize));
          }
        phases.push(sum(tf, shares) ?? tf.zeros([dy.shape[0], ...phaseSize, shape[2]]));
      }
    const interleaved = interleavePhases(tf, phases.length === 1 ? phases[0] : tf.concat(phases, 3), strides);
    return [spatialWindow(tf, interleaved, [pads[0], pads[1]], [inputShapes[0][0], inputShapes[0][1]])];
  },
});

function forward(tf: TfNamespace, x: Tensor4D, node: Node<MaxPool>): Tensor4D {
  const { kernel, strides, pads, shape } = node;
  // A window of one pixel takes every stride-th pixel; tfjs-backend-wasm has no kernel for it.
  if (kernel[0] === 1 && kernel[1] === 1) return tap(tf, x, [0, 0], strides, [shape[0], shape[1]]);
  if (windowOf(node).dilations.some((n) => n > 1))
    return tapsOf(tf, node, x).reduce((most, one) => tf.maximum(most, one));
  return tf.maxPool(x, [...kernel], [...strides], explicitPads(pads));
}

/** For each tap of the window, 1 where it is the first to equal the maximum, `[N, H', W', C]`. */
function winnerMasks(tf: TfNamespace, node: Node<MaxPool>, x: Tensor4D, y: Tensor): Tensor[] {
  const masks: Tensor[] = [];
  let taken: Tensor | undefined;
  for (const value of tapsOf(tf, node, x)) {
    const equal = indicator(tf, tf.equal(value, y));
    const mask: Tensor = taken ? tf.mul(equal, tf.sub(1, taken)) : equal;
    taken = taken ? tf.add(taken, mask) : mask;
    masks.push(mask);
  }
  return masks;
}

/** What each tap of the window sees, row by row of it; padding loses. */
function tapsOf(tf: TfNamespace, node: Node<MaxPool>, x: Tensor4D): Tensor4D[] {
  const { strides, pads, shape } = node;
  const { kernel, dilations } = windowOf(node);
  const padded = pads.some((n) => n > 0) ? tf.pad(x, explicitPads(pads), LOWEST) : x;
  return Array.from({ length: kernel[0] * kernel[1] }, (_, i) => {
    const first: Pair = [Math.floor(i / kernel[1]) * dilations[0], (i % kernel[1]) * dilations[1]];
    return tap(tf, padded, first, strides, [shape[0], shape[1]]);
  });
}

function sum(tf: TfNamespace, parts: readonly Tensor4D[]): Tensor4D | undefined {
  return parts.length === 0 ? undefined : parts.reduce((total, part) => tf.add(total, part));
}
