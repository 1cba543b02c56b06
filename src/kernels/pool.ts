import { checkIntegers, checkRank, rejectNode, shapeText } from "./checks.js";
import type { AnyOperator, NodeSpec, Pads, Pair, Shape } from "./node.js";
import { type Window, windowPositions } from "./window.js";

/**
 * The attributes of window pooling. ONNX's `ceil_mode` is pads at the bottom and on the right that reach as far as the last
 * windows do.
 */
export interface PoolWindow {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly pads: Pads;
  /** Pixels from one tap to the next. Default [1, 1]. */
  readonly dilations?: Pair;
}

/** With its dilations spelled out. */
export function windowOf({ kernel, strides, pads, dilations = [1, 1] }: PoolWindow): Window {
  return { kernel, strides, dilations, pads };
}

/** Pixels that a window reaches over. */
export function extentOf({ kernel, dilations = [1, 1] }: PoolWindow): Pair {
  return [(kernel[0] - 1) * dilations[0] + 1, (kernel[1] - 1) * dilations[1] + 1];
}

export function poolShape(node: NodeSpec<AnyOperator & PoolWindow>, [input]: readonly Shape[]): Shape {
  checkRank(node, input, 3, "HxWxC");
  checkIntegers(node, "kernel", node.kernel, 2, 1);
  checkIntegers(node, "strides", node.strides, 2, 1);
  checkIntegers(node, "pads", node.pads, 4, 0);
  if (node.dilations !== undefined) checkIntegers(node, "dilations", node.dilations, 2, 1);
  const window = windowOf(node);
  const extent = extentOf(node);
  // A window that holds only padding has neither a maximum nor an average.
  if (node.pads.some((pad, side) => pad >= extent[side % 2]))
    rejectNode(node, `pads are [${node.pads}], expected less than the kernel ${shapeText(extent)}`);
  const positions = windowPositions(node, window, input);
  for (const axis of [0, 1] as const)
    if (!everyWindowHolds(window, axis, positions[axis], input[axis]))
      rejectNode(node, `a dilated window of pads [${node.pads}] has no tap inside, expected one at least`);
  return [...positions, input[2]];
}

/** True where every window along an axis has a tap inside the image. */
function everyWindowHolds(
  { kernel, strides, dilations, pads }: Window,
  axis: 0 | 1,
  positions: number,
  size: number,
): boolean {
  const dilation = dilations[axis];
  if (dilation === 1) return true;
  for (let i = 0; i < positions; i++) {
    const start = i * strides[axis] - pads[axis];
    const first = start < 0 ? start + Math.ceil(-start / dilation) * dilation : start;
    if (first >= size || first > start + (kernel[axis] - 1) * dilation) return false;
  }
  return true;
}

/** A window of one pixel that moves by one pixel. */
export function takesEveryPixel({ kernel, strides }: PoolWindow): boolean {
  return [...kernel, ...strides].every((n) => n === 1);
}
