import { checkIntegers, checkRank, rejectNode, shapeText } from "./checks.js";
import type { AnyOperator, NodeSpec, Pads, Pair, Shape } from "./node.js";
import { type Window, windowPositions } from "./window.js";

/** The attributes of window pooling. */
export interface PoolWindow {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly pads: Pads;
}

/** As a window without dilation. */
export function undilated({ kernel, strides, pads }: PoolWindow): Window {
  return { kernel, strides, dilations: [1, 1], pads };
}

export function poolShape(node: NodeSpec<AnyOperator & PoolWindow>, [input]: readonly Shape[]): Shape {
  checkRank(node, input, 3, "HxWxC");
  checkIntegers(node, "kernel", node.kernel, 2, 1);
  checkIntegers(node, "strides", node.strides, 2, 1);
  checkIntegers(node, "pads", node.pads, 4, 0);
  // A window that holds only padding has neither a maximum nor an average.
  if (node.pads.some((pad, side) => pad >= node.kernel[side % 2]))
    rejectNode(node, `pads are [${node.pads}], expected less than the kernel ${shapeText(node.kernel)}`);
  return [...windowPositions(node, undilated(node), input), input[2]];
}

/** A window of one pixel that moves by one pixel. */
export function takesEveryPixel({ kernel, strides }: PoolWindow): boolean {
  return [...kernel, ...strides].every((n) => n === 1);
}
