/** Convolutions, pools and normalisations. */

import type { Activation, Operand } from "../../dataflow/activation.js";
import { arithmetic } from "../../dataflow/arithmetic.js";
import { averagePool, batchNormalization, convolution, maxPool } from "../../dataflow/layers.js";
import { localResponseNormalization } from "../../dataflow/normalisation.js";
import { reshaped, type Tensor } from "../../dataflow/tensor.js";
import { transposedConvolution } from "../../dataflow/transposed_convolution.js";
import type { ImageAxes, Padding, SpatialWindow } from "../../dataflow/window.js";
import { valueText } from "../../failure.js";
import type { Spread, TfNode } from "../node.js";
import { fused } from "./fused.js";
import { operator, pointwise, type TfOperator, type TfOperators } from "./operator.js";

/** The entries of a list for every axis that belong to the spatial ones. */
function spatialOf(node: TfNode, name: string, axes: ImageAxes, rank: number): number[] {
  const list = node.integers(name);
  if (list.length === 0) return axes.spatial.map(() => 1);
  if (list.length !== rank) node.reject(`${name} is ${valueText(list)}, expected ${rank} numbers`);
  const others = list.filter((_, axis) => !axes.spatial.includes(axis));
  if (others.some((n) => n !== 1)) node.unsupported(`${name} ${valueText(list)}`);
  return axes.spatial.map((axis) => list[axis]);
}

function paddingOf(node: TfNode, axes: ImageAxes): Padding {
  const padding = node.text("padding", "VALID");
  const explicit = node.integers("explicit_paddings");
  if (padding === "SAME") return "same-upper";
  if (padding === "VALID") return axes.spatial.map(() => [0, 0] as const);
  if (padding !== "EXPLICIT") return node.unsupported(`padding ${valueText(padding)}`);
  return axes.spatial.map((axis) => [explicit[2 * axis], explicit[2 * axis + 1]] as const);
}

/** `Conv2DBackpropInput`, which is how TensorFlow writes a transposed convolution: filter `[h, w, filters, channels]`. */
function runTransposedConv(node: TfNode): Operand {
  const sizes = node.list(0, "input_sizes");
  const filter = node.given(1, "filter");
  const x = node.activation(2);
  const axes = node.imageAxes(4);
  if (x.dims.length !== 4 || filter.dims.length !== 4 || (sizes.length !== 4 && sizes.length !== 2))
    return node.reject(
      `input, filter and sizes are ${valueText([x.dims, filter.dims, sizes])}, expected images and four sizes`,
    );
  const lengths = sizes.length === 2 ? sizes : axes.spatial.map((axis) => sizes[axis]);
  const [strides, dilations] = ["strides", "dilations"].map((name) => spatialOf(node, name, axes, 4));
  const pads = paddingOf(node, axes);
  const starts = lengths.map((length, i) => {
    if (typeof pads !== "string") return pads[i][0];
    const extent = (filter.dims[i] - 1) * dilations[i] + 1;
    return Math.floor(Math.max((x.dims[axes.spatial[i]] - 1) * strides[i] + extent - length, 0) / 2);
  });
  const groups = 1;
  return transposedConvolution(node, x, {
    axes,
    strides,
    dilations,
    starts,
    lengths,
    groups,
    weights: filter,
  });
}

function convolve(node: TfNode, depthwise: boolean, bias?: Tensor): Activation {
  const x = node.activation(0);
  const rank = x.dims.length;
  const axes = node.imageAxes(rank);
  const filter = node.given(1, "filter");
  if (filter.dims.length !== rank)
    node.reject(`its filter has shape ${valueText(filter.dims)}, expected ${rank} axes as its input has`);
  const [height, width, channels, multiplier] = filter.dims;
  const groups = depthwise ? channels : x.dims[axes.channel] / channels;
  const spread = node.spreadOf(x);
  const window = {
    kernel: [height, width],
    strides: spatialOf(node, "strides", axes, rank),
    dilations: spatialOf(node, "dilations", axes, rank),
    pads: paddingOf(node, axes),
  };
  const y = convolution(node, x, {
    axes,
    window: spread ? spreadWindow(node, window, axes, spread) : window,
    groups,
    // Filters [h][w][c][m] of each channel are those of c groups, group outermost: the same memory.
    weights: depthwise ? reshaped(filter, [height, width, 1, channels * multiplier]) : filter,
    bias,
  });
  return spread ? node.setSpread(y, spread) : y;
}

/** A window over each of the small images that SpaceToBatchND made of one, as a window over that one. */
function spreadWindow(
  node: TfNode,
  { kernel, strides, dilations, pads }: SpatialWindow,
  { spatial }: ImageAxes,
  spread: Spread,
): SpatialWindow {
  if (strides.some((n) => n !== 1)) node.unsupported("strides between SpaceToBatchND and BatchToSpaceND");
  const factors = spatial.map((axis) => spread[axis]);
  const own =
    typeof pads === "string"
      ? kernel.map((n, i) => {
          const total = (n - 1) * dilations[i];
          return [Math.floor(total / 2), Math.ceil(total / 2)] as const;
        })
      : pads;
  return {
    kernel,
    strides,
    dilations: dilations.map((n, i) => n * factors[i]),
    pads: own.map(([before, after], i) => [before * factors[i], after * factors[i]] as const),
  };
}

function conv(depthwise: boolean): TfOperator {
  return pointwise(["Conv"], (node) => convolve(node, depthwise));
}

function fusedConv(depthwise: boolean): TfOperator {
  return pointwise(["Conv"], (node) =>
    fused(
      node,
      (bias) => convolve(node, depthwise, bias),
      (y) => node.imageAxes(y.dims.length).channel,
    ),
  );
}

function runLrn(node: TfNode): Operand {
  const x = node.activation(0);
  const radius = node.integer("depth_radius", 5);
  const size = 2 * radius + 1;
  return localResponseNormalization(node, x, x.dims.length - 1, {
    size,
    // TensorFlow's factor is of the sum, not of the mean.
    alpha: node.float("alpha", 1) * size,
    beta: node.float("beta", 0.5),
    bias: node.float("bias", 1),
  });
}

function windowOf(node: TfNode, x: Activation, axes: ImageAxes): SpatialWindow {
  const rank = x.dims.length;
  const kernel = spatialOf(node, "ksize", axes, rank);
  const strides = spatialOf(node, "strides", axes, rank);
  return { kernel, strides, dilations: axes.spatial.map(() => 1), pads: paddingOf(node, axes) };
}

function runMaxPool(node: TfNode): Operand {
  const x = node.activation(0);
  const axes = node.imageAxes(x.dims.length);
  return maxPool(node, x, axes, windowOf(node, x, axes));
}

function runAvgPool(node: TfNode): Operand {
  const x = node.activation(0);
  const axes = node.imageAxes(x.dims.length);
  return averagePool(node, x, axes, windowOf(node, x, axes), false);
}

function runBatchNorm(node: TfNode): Operand {
  const x = node.activation(0);
  if (node.flag("is_training", false)) node.unsupported("is_training true");
  return batchNormalization(node, x, node.imageAxes(x.dims.length).channel, {
    scale: node.given(1, "scale"),
    bias: node.given(2, "offset"),
    mean: node.given(3, "mean"),
    variance: node.given(4, "variance"),
    epsilon: node.float("epsilon", 0.0001),
  });
}

function runBiasAdd(node: TfNode): Operand {
  const x = node.activation(0);
  const bias = node.given(1, "bias");
  const { channel } = node.imageAxes(x.dims.length);
  const after = x.dims.length - 1 - channel;
  return arithmetic(node, "Add", [x, reshaped(bias, [...bias.dims, ...new Array<number>(after).fill(1)])]);
}

const batchNorm = pointwise(["BatchNormalization"], runBatchNorm);

export const LAYERS: TfOperators = {
  Conv2DBackpropInput: operator(["Conv", "Transpose", "Slice"], runTransposedConv),
  Conv2D: conv(false),
  DepthwiseConv2dNative: conv(true),
  _FusedConv2D: fusedConv(false),
  FusedDepthwiseConv2dNative: fusedConv(true),
  MaxPool: operator(["MaxPool"], runMaxPool),
  AvgPool: operator(["AveragePool"], runAvgPool),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  BiasAdd: pointwise(["Add"], runBiasAdd),
  LRN: operator(["Mul", "Gemm", "Pow"], runLrn),
};
