import {
  checkChoice,
  checkInteger,
  checkIntegers,
  checkRank,
  checkValues,
  rejectNode,
  shapeText,
} from "../checks.js";
import type { Conv, GlobalPool, NodeSpec, Pad, Pads, Pair, Pool, Resize, Shape } from "../spec.js";

export function convShape(node: NodeSpec<Conv>, input: Shape): Shape {
  checkRank(node, input, 3, "HxWxC");
  const channels = input[2];
  const { filters, groups, kernel } = node;
  checkInteger(node, "filters", filters, 1);
  checkIntegers(node, "kernel", kernel, 2, 1);
  checkIntegers(node, "strides", node.strides, 2, 1);
  checkIntegers(node, "dilations", node.dilations, 2, 1);
  checkIntegers(node, "pads", node.pads, 4, 0);
  checkInteger(node, "groups", groups, 1);
  if (channels % groups !== 0 || filters % groups !== 0)
    rejectNode(
      node,
      `groups is ${groups}, expected a divisor of ${channels} input channels and ${filters} filters`,
    );
  const layout = [kernel[0], kernel[1], channels / groups, filters];
  checkValues(node, "weights", node.weights, layout[0] * layout[1] * layout[2] * layout[3], layout.join("x"));
  if (node.bias !== undefined) checkValues(node, "bias", node.bias, filters, "filters");
  return [...windowPositions(node, input, node.dilations), filters];
}

export function poolShape(node: NodeSpec<Pool>, input: Shape): Shape {
  checkRank(node, input, 3, "HxWxC");
  checkIntegers(node, "kernel", node.kernel, 2, 1);
  checkIntegers(node, "strides", node.strides, 2, 1);
  checkIntegers(node, "pads", node.pads, 4, 0);
  // A window that holds only padding has neither a maximum nor an average.
  if (node.pads.some((pad, side) => pad >= node.kernel[side % 2]))
    rejectNode(node, `pads are [${node.pads}], expected less than the kernel ${shapeText(node.kernel)}`);
  return [...windowPositions(node, input, [1, 1]), input[2]];
}

export function globalPoolShape(node: NodeSpec<GlobalPool>, input: Shape): Shape {
  checkRank(node, input, 3, "HxWxC");
  return [input[2]];
}

export function paddedShape(node: NodeSpec<Pad>, input: Shape): Shape {
  checkRank(node, input, 3, "HxWxC");
  checkIntegers(node, "pads", node.pads, 4, 0);
  return [...paddedSize(input, node.pads), input[2]];
}

export function resizedShape(node: NodeSpec<Resize>, input: Shape): Shape {
  checkRank(node, input, 3, "HxWxC");
  checkChoice(node, "mode", node.mode, ["nearest", "linear"]);
  checkChoice(node, "coordinates", node.coordinates, ["asymmetric", "half_pixel", "align_corners"]);
  checkIntegers(node, "size", node.size, 2, 1);
  return [node.size[0], node.size[1], input[2]];
}

/** Number of window positions along each spatial axis: `floor((in + pads - window) / stride) + 1`. */
function windowPositions(node: NodeSpec<Conv> | NodeSpec<Pool>, input: Shape, dilations: Pair): Pair {
  const padded = paddedSize(input, node.pads);
  const window = [(node.kernel[0] - 1) * dilations[0] + 1, (node.kernel[1] - 1) * dilations[1] + 1] as const;
  if (window[0] > padded[0] || window[1] > padded[1])
    rejectNode(
      node,
      `window is ${shapeText(window)}, expected at most the padded input ${shapeText(padded)}`,
    );
  const positions = (axis: 0 | 1) => Math.floor((padded[axis] - window[axis]) / node.strides[axis]) + 1;
  return [positions(0), positions(1)];
}

function paddedSize(input: Shape, [top, left, bottom, right]: Pads): Pair {
  return [input[0] + top + bottom, input[1] + left + right];
}
