/** Convolutions, pools and normalisations of channels. */

import { sizeOf } from "../../../spec.js";
import { type Activation, isActivation, type Operand } from "../../dataflow/activation.js";
import { reshape, transpose } from "../../dataflow/axes.js";
import { foldStandardisation } from "../../dataflow/folding.js";
import { averagePool, batchNormalization, convolution, maxPool } from "../../dataflow/layers.js";
import { reduce } from "../../dataflow/reductions.js";
import { reshaped, type Tensor, transposed } from "../../dataflow/tensor.js";
import { transposedConvolution } from "../../dataflow/transposed_convolution.js";
import { channelsFirst, type ImageAxes, type Padding, type SpatialWindow } from "../../dataflow/window.js";
import { valueText } from "../../failure.js";
import type { OnnxNode } from "../node.js";
import { EVALUATION } from "./functions.js";
import { type OnnxOperators, operator } from "./operator.js";

/** The window's attributes; `kernel` where the file does not say it, as for a Conv whose weights do. */
function windowOf(node: OnnxNode, kernel?: readonly number[]): SpatialWindow {
  const shape = node.integers("kernel_shape") ?? kernel ?? node.reject("attribute kernel_shape is missing");
  const spatial = shape.length;
  const ones = new Array<number>(spatial).fill(1);
  const window = {
    kernel: shape,
    strides: node.integers("strides") ?? ones,
    dilations: node.integers("dilations") ?? ones,
    pads: paddingOf(node, spatial),
    ceil: node.flag("ceil_mode", false),
  };
  if (window.strides.length !== spatial || window.dilations.length !== spatial)
    node.reject(
      `strides ${valueText(window.strides)} and dilations ${valueText(window.dilations)}, expected ${spatial} each`,
    );
  return window;
}

function paddingOf(node: OnnxNode, spatial: number): Padding {
  const auto = node.choice("auto_pad", "NOTSET", ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]);
  const pads = node.integers("pads") ?? new Array<number>(2 * spatial).fill(0);
  if (auto === "SAME_UPPER") return "same-upper";
  if (auto === "SAME_LOWER") return "same-lower";
  if (pads.length !== 2 * spatial)
    node.reject(`pads are ${valueText(pads)}, expected ${2 * spatial} numbers`);
  return Array.from({ length: spatial }, (_, axis) =>
    auto === "VALID" ? ([0, 0] as const) : ([pads[axis], pads[axis + spatial]] as const),
  );
}

function runConv(node: OnnxNode): Operand {
  const x = node.activation(0);
  const weights = node.given(1, "weights");
  const rank = x.dims.length;
  if (weights.dims.length !== rank)
    node.reject(`its weights have shape ${valueText(weights.dims)}, expected ${rank} axes as its input has`);
  const spatial = weights.dims.slice(2);
  const window = windowOf(node, spatial);
  if (window.kernel.some((n, axis) => n !== spatial[axis]))
    node.reject(`kernel_shape is ${valueText(window.kernel)}, its weights have ${valueText(spatial)}`);
  return convolved(node, x, weights, window);
}

/** An axis that the kernel does not reach along, of more than an image has, counts parts of the image. */
function convolved(node: OnnxNode, x: Activation, weights: Tensor, window: SpatialWindow): Activation {
  const rank = x.dims.length;
  const alone = rank > 4 ? axesLeftAlone(window).indexOf(true) : -1;
  if (alone >= 0 && x.batch <= 0 && x.dims[0] === 1) {
    const axis = alone + 2;
    const perm = [0, axis, 1, ...x.dims.map((_, a) => a).filter((a) => a > 1 && a !== axis)];
    const turned = transpose(node, x, perm);
    const place = { batch: x.batch, outer: undefined };
    const parts = reshape(node, turned, turned.dims.slice(1), place);
    const without = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== alone);
    const { kernel, strides, dilations, pads } = window;
    const made = convolved(
      node,
      parts,
      reshaped(
        weights,
        weights.dims.filter((_, a) => a !== axis),
      ),
      {
        ...window,
        kernel: without(kernel),
        strides: without(strides),
        dilations: without(dilations),
        pads: typeof pads === "string" ? pads : without(pads),
      },
    );
    const back = perm.map((_, a) => perm.indexOf(a));
    return transpose(node, reshape(node, made, [1, ...made.dims], place), back);
  }
  // From [filters][channels][spatial...] to [spatial...][channels][filters].
  const perm = [...window.kernel.map((_, axis) => axis + 2), 1, 0];
  return convolution(node, x, {
    axes: channelsFirst(rank),
    window,
    groups: node.integer("group", 1),
    weights: transposed(weights, perm),
    bias: node.optional(2, "bias"),
  });
}

/** Of each spatial axis, whether a window of length 1 moves along it one by one. */
function axesLeftAlone({ kernel, strides, pads }: SpatialWindow): boolean[] {
  return kernel.map(
    (n, i) => n === 1 && strides[i] === 1 && (typeof pads === "string" || pads[i].every((pad) => pad === 0)),
  );
}

/** Weights `[C][F / groups][spatial...]`; the output is as long as its attributes say. */
function runConvTranspose(node: OnnxNode): Operand {
  const x = node.activation(0);
  const weights = node.given(1, "weights");
  const rank = x.dims.length;
  if (weights.dims.length !== rank)
    node.reject(`its weights have shape ${valueText(weights.dims)}, expected ${rank} axes as its input has`);
  const spatial = weights.dims.slice(2);
  const window = windowOf(node, spatial);
  const more = node.integers("output_padding") ?? spatial.map(() => 0);
  const shape = node.integers("output_shape")?.slice(-spatial.length);
  const placed = spatial.map((n, axis) => {
    const length = x.dims[axis + 2];
    const stride = window.strides[axis];
    const all = (length - 1) * stride + (n - 1) * window.dilations[axis] + 1 + more[axis];
    const given = typeof window.pads === "string" ? undefined : window.pads[axis];
    if (given && !shape) return { start: given[0], length: all - given[0] - given[1] };
    const wanted = shape?.[axis] ?? length * stride;
    const total = Math.max(0, all - wanted);
    const less = Math.floor(total / 2);
    // Of what is cut, ONNX has the greater part before unless it is told SAME_UPPER.
    return { start: window.pads === "same-upper" ? less : total - less, length: wanted };
  });
  return transposedConvolution(node, x, {
    axes: channelsFirst(rank),
    strides: window.strides,
    dilations: window.dilations,
    starts: placed.map(({ start }) => start),
    lengths: placed.map(({ length }) => length),
    groups: node.integer("group", 1),
    weights: transposed(weights, [...spatial.map((_, axis) => axis + 2), 1, 0]),
    bias: node.optional(2, "bias"),
  });
}

/**
 * A pool; axes that its window moves past one by one, of which there may be more than an image has, as in LocalResponseNorm, are
 * channels to it.
 */
function pooled(
  node: OnnxNode,
  x: Activation,
  window: SpatialWindow,
  pool: (x: Activation, axes: ImageAxes, window: SpatialWindow) => Activation,
): Activation {
  const axes = channelsFirst(x.dims.length);
  const { pads } = window;
  const alone = axesLeftAlone(window);
  const moved = axes.spatial.map((_, i) => i).filter((i) => !alone[i]);
  if (axes.spatial.length <= 2 || moved.length === 0 || moved.length > 2) return pool(x, axes, window);
  const kept = axes.spatial.filter((_, i) => !moved.includes(i));
  const perm = [0, axes.channel, ...kept, ...moved.map((i) => axes.spatial[i])];
  const turned = transpose(node, x, perm);
  const [n, ...rest] = turned.dims;
  const split = rest.length - moved.length;
  const joined = reshape(node, turned, [n, sizeOf(rest.slice(0, split)), ...rest.slice(split)]);
  const of = <T>(list: readonly T[]): T[] => moved.map((i) => list[i]);
  const made = pool(joined, channelsFirst(moved.length + 2), {
    ...window,
    kernel: of(window.kernel),
    strides: of(window.strides),
    dilations: of(window.dilations),
    pads: typeof pads === "string" ? pads : of(pads),
  });
  const apart = reshape(node, made, [n, ...rest.slice(0, split), ...made.dims.slice(2)]);
  return transpose(
    node,
    apart,
    perm.map((_, axis) => perm.indexOf(axis)),
  );
}

function runMaxPool(node: OnnxNode): Operand {
  // The order in which its second output counts pixels.
  node.ignore("storage_order");
  return pooled(node, node.activation(0), windowOf(node), (x, axes, window) =>
    maxPool(node, x, axes, window),
  );
}

function runAveragePool(node: OnnxNode): Operand {
  const x = node.activation(0);
  const axes = channelsFirst(x.dims.length);
  const window = windowOf(node);
  const countsPadding = node.flag("count_include_pad", false);
  // A window far beyond the image: exporters write it for the mean of the whole.
  const beyond = axes.spatial.every((axis, i) => window.kernel[i] > x.dims[axis]);
  if (beyond && window.ceil) {
    node.warn("its window is longer than the image: it is taken for the mean of the whole");
    return reduce(node, x, axes.spatial, "mean", true);
  }
  return pooled(node, x, window, (part, of, within) => averagePool(node, part, of, within, countsPadding));
}

function runBatchNormalization(node: OnnxNode): Operand {
  node.ignore("momentum", "spatial", "is_test", "consumed_inputs");
  const [x, scale, bias] = [node.operand(0), node.given(1, "scale"), node.given(2, "bias")];
  const epsilon = node.float("epsilon", 1e-5);
  if (node.flag("training_mode", false))
    // Of weights, which some layers standardise so, their own mean and variance are meant.
    return isActivation(x)
      ? node.unsupported("training_mode 1", EVALUATION)
      : foldStandardisation(node, x, scale, bias, epsilon);
  const [mean, variance] = [node.given(3, "mean"), node.given(4, "variance")];
  return batchNormalization(node, node.activation(0), 1, { scale, bias, mean, variance, epsilon });
}

function global(reduction: "mean" | "max") {
  return (node: OnnxNode): Operand => {
    const x = node.activation(0);
    return reduce(node, x, channelsFirst(x.dims.length).spatial, reduction, true);
  };
}

export const WINDOWS: OnnxOperators = {
  Conv: operator(["Conv"], runConv),
  ConvTranspose: operator(["Conv", "Transpose", "Slice"], runConvTranspose),
  MaxPool: operator(["MaxPool"], runMaxPool),
  AveragePool: operator(["AveragePool", "GlobalAveragePool"], runAveragePool),
  GlobalAveragePool: operator(["GlobalAveragePool"], global("mean")),
  GlobalMaxPool: operator(["GlobalMaxPool"], global("max")),
  BatchNormalization: operator(["BatchNormalization"], runBatchNormalization),
};
