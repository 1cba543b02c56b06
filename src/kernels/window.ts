import { rejectNode, shapeText } from "./checks.js";
import type { Node, NodeSpec, Pads, Pair, Shape } from "./node.js";

/** A window that slides over `[H, W, C]`: the geometry that convolution and pooling share. */
export interface Window {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
}

/**
 * Calls `visit(output, input, tap)` for every output position (i, j) and every tap (p, q) of its window that
 * falls inside the image, not on padding:
 *
 *     input row    = i * strides[0] + p * dilations[0] - pads.top
 *     input column = j * strides[1] + q * dilations[1] - pads.left
 *
 * Positions are row-major pixel numbers (multiply by the number of channels for an offset) and
 * `tap = p * kernel[1] + q`. Order: outputs row-major, then taps row-major.
 */
export function forEachTap(
  node: Node,
  { kernel, strides, dilations, pads }: Window,
  visit: (output: number, input: number, tap: number) => void,
): void {
  const [height, width] = node.inputShapes[0];
  const [outputHeight, outputWidth] = node.shape;
  for (let i = 0; i < outputHeight; i++)
    for (let j = 0; j < outputWidth; j++)
      for (let p = 0; p < kernel[0]; p++) {
        const row = i * strides[0] + p * dilations[0] - pads[0];
        if (row < 0 || row >= height) continue;
        for (let q = 0; q < kernel[1]; q++) {
          const column = j * strides[1] + q * dilations[1] - pads[1];
          if (column < 0 || column >= width) continue;
          visit(i * outputWidth + j, row * width + column, p * kernel[1] + q);
        }
      }
}

/**
 * Number of window positions along each spatial axis: `floor((in + pads - window) / stride) + 1`.
 *
 * @throws ModelError for a window that is larger than the padded input
 */
export function windowPositions(node: NodeSpec, window: Window, input: Shape): Pair {
  const { kernel, strides, dilations, pads } = window;
  const padded = paddedSize(input, pads);
  const extent = [(kernel[0] - 1) * dilations[0] + 1, (kernel[1] - 1) * dilations[1] + 1] as const;
  if (extent[0] > padded[0] || extent[1] > padded[1])
    rejectNode(
      node,
      `window is ${shapeText(extent)}, expected at most the padded input ${shapeText(padded)}`,
    );
  const positions = (axis: 0 | 1) => Math.floor((padded[axis] - extent[axis]) / strides[axis]) + 1;
  return [positions(0), positions(1)];
}

export function paddedSize(input: Shape, [top, left, bottom, right]: Pads): Pair {
  return [input[0] + top + bottom, input[1] + left + right];
}
