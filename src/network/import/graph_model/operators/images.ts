/** Operators of images: borders, resampling, and pixels that move between space, channels and batch. */

import { type Activation, isActivation, type Operand } from "../../dataflow/activation.js";
import { depthToSpace, spaceToDepth } from "../../dataflow/blocks.js";
import { type Border, pad, placesAround } from "../../dataflow/borders.js";
import { foldPad } from "../../dataflow/folding.js";
import { resize, type Sampling } from "../../dataflow/resize.js";
import { gathered, integers, type Tensor } from "../../dataflow/tensor.js";
import { channelsLast } from "../../dataflow/window.js";
import { valueText } from "../../failure.js";
import { checkLengths } from "../lengths.js";
import type { Spread, TfNode } from "../node.js";
import { operator, pointwise, type TfOperator, type TfOperators } from "./operator.js";

function pairsOf(node: TfNode, index: number): (readonly [number, number])[] {
  const { dims, data } = node.given(index, "paddings");
  if (dims.length !== 2 || dims[1] !== 2 || !data.every(Number.isInteger))
    node.reject(`paddings have shape ${valueText(dims)}, expected integers of shape [axes, 2]`);
  return Array.from({ length: dims[0] }, (_, axis) => [data[2 * axis], data[2 * axis + 1]] as const);
}

function padWith(border: (node: TfNode) => Border): TfOperator {
  return operator(["Pad", "Concat"], (node) => {
    const x = node.operand(0);
    const pads = pairsOf(node, 1);
    if (pads.length !== x.dims.length || pads.some((pair) => pair.some((n) => n < 0)))
      node.reject(`paddings are ${valueText(pads)}, expected two for each axis of ${valueText(x.dims)}`);
    const outside = border(node);
    if (isActivation(x)) return pad(node, x, pads, outside);
    checkLengths(
      node,
      x.dims.map((n, axis) => n + pads[axis][0] + pads[axis][1]),
    );
    if (typeof outside === "object") return foldPad(node, x, pads, outside.value);
    return pads.reduce<Tensor>((rest, [head, tail], axis) => {
      if (head === 0 && tail === 0) return rest;
      const places = placesAround(node, rest.dims[axis], head, tail, outside);
      node.reserve((rest.data.length / rest.dims[axis]) * places.length);
      return gathered(rest, axis, integers(places));
    }, x);
  });
}

function mirrorMode(node: TfNode): Border {
  const mode = node.text("mode", "REFLECT");
  if (mode === "REFLECT") return "reflect";
  return mode === "SYMMETRIC" ? "symmetric" : node.reject(`mode is ${valueText(mode)}`);
}

/** `SpaceToBatchND` of an image: a padded image whose pixels a convolution takes some apart. */
function runSpaceToBatch(node: TfNode): Operand {
  const x = node.activation(0);
  const { block, pads } = blocksOf(node, x);
  const padded = pad(node, x, pads, { value: 0 });
  if (padded.dims.some((n, axis) => n % block[axis] !== 0))
    node.reject(`padded image ${valueText(padded.dims)}, expected multiples of ${valueText(block)}`);
  return node.setSpread(padded, block);
}

function runBatchToSpace(node: TfNode): Operand {
  const x = node.activation(0);
  const spread = node.spreadOf(x);
  const { block, pads: crops } = blocksOf(node, x);
  if (!spread || spread.some((n, axis) => n !== block[axis]))
    return node.unsupported("other than after SpaceToBatchND of the same block_shape");
  const cropped = crops.map(([before, after]) => [-before, -after] as const);
  // Without its spread, even where nothing is cropped.
  return pad(node, { ...x }, cropped, { value: 0 });
}

/** Block and paddings for every axis; those given are of the axes after the first. */
function blocksOf(node: TfNode, x: Activation): { block: Spread; pads: (readonly [number, number])[] } {
  const rank = x.dims.length;
  const block = node.list(1, "block_shape");
  const pads = pairsOf(node, 2);
  const wrong = block.some((n) => n < 1) || pads.some((pair) => pair.some((n) => n < 0));
  if (block.length >= rank || pads.length !== block.length || wrong)
    node.reject(`block_shape is ${valueText(block)} with ${pads.length} paddings of ${valueText(x.dims)}`);
  if (x.batch > 0) node.mixesImages("it spreads over");
  const rest = rank - 1 - block.length;
  return {
    block: [1, ...block, ...new Array<number>(rest).fill(1)],
    pads: [[0, 0], ...pads, ...Array.from({ length: rest }, () => [0, 0] as const)],
  };
}

function resizeWith(mode: "nearest" | "linear"): TfOperator {
  return operator(["Resize"], (node) => {
    const x = node.activation(0);
    const [height, width] = node.list(1, "size");
    const [aligned, half] = [node.flag("align_corners", false), node.flag("half_pixel_centers", false)];
    const lengths = [x.dims[0], height, width, x.dims[3]];
    const sampling: Sampling = {
      mode,
      coordinates: aligned ? "align_corners" : half ? "half_pixel" : "asymmetric",
      // TensorFlow cuts where the pixel's centre lies, and rounds where corners are aligned.
      rounding: aligned ? "round_prefer_ceil" : half ? "round_prefer_ceil" : "floor",
    };
    const factors = lengths.map((n, axis) => n / x.dims[axis]);
    return resize(node, x, channelsLast(4), lengths, factors, sampling);
  });
}

function blocks(apply: typeof depthToSpace | typeof spaceToDepth): TfOperator {
  return operator(["Reshape", "Transpose"], (node) => {
    const x = node.activation(0);
    return apply(node, x, node.imageAxes(x.dims.length), node.integer("block_size", 1));
  });
}

export const IMAGES: TfOperators = {
  Pad: padWith(() => ({ value: 0 })),
  PadV2: padWith((node) => ({ value: node.number(2, "constant_values") })),
  MirrorPad: padWith(mirrorMode),
  SpaceToBatchND: operator(["Pad"], runSpaceToBatch),
  BatchToSpaceND: pointwise(["Slice"], runBatchToSpace),
  ResizeBilinear: resizeWith("linear"),
  ResizeNearestNeighbor: resizeWith("nearest"),
  DepthToSpace: blocks(depthToSpace),
  SpaceToDepth: blocks(spaceToDepth),
};
