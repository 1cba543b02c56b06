import { samePads2d } from "../../../same_padding.js";
import type { Conv, Pads, Pair } from "../../../spec.js";
import { valueText } from "../../failure.js";
import type { Value } from "../../graph_builder.js";
import { addActivation } from "../activations.js";
import type { LayerCall } from "../layer_call.js";

type Window = Pick<Conv, "kernel" | "strides" | "dilations" | "pads">;

/** `Conv2D`: kernel `[kh][kw][C / groups][filters]`. */
export function importConv2d(call: LayerCall): Value {
  const { image } = call;
  const channels = image.shape[2];
  const window = windowOf(call, image, call.pair("dilation_rate", 1, 1));
  const filters = call.integer("filters", undefined, 1);
  const groups = call.integer("groups", 1, 1);
  if (channels % groups !== 0 || filters % groups !== 0)
    call.reject(`groups is ${groups}, expected a divisor of its ${channels} channels and ${filters} filters`);
  const weights = call.weight(0, "kernel", [...window.kernel, channels / groups, filters]);
  const bias = biasOf(call, 1, filters);
  return addActivation(call, call.add({ op: "Conv", ...window, weights, bias, filters, groups }, [image]));
}

/** `DepthwiseConv2D`: kernel `[kh][kw][C][multiplier]`, which is a grouped kernel as it lies in memory. */
export function importDepthwiseConv2d(call: LayerCall): Value {
  const { image } = call;
  const channels = image.shape[2];
  // TensorFlow.js (4.22) reads the dilation of this layer and computes without it, so that is what its models mean.
  const given = call.pair("dilation_rate", 1, 1);
  const dilations: Pair = call.writer === "tfjs" ? [1, 1] : given;
  // Keras 2 writes the groups of the class that this one is made from.
  call.settings.ignore("groups");
  const window = windowOf(call, image, dilations);
  const multiplier = call.integer("depth_multiplier", 1, 1);
  const filters = channels * multiplier;
  const weights = call.weight(0, ["depthwise_kernel", "kernel"], [...window.kernel, channels, multiplier]);
  const bias = biasOf(call, 1, filters);
  const conv: Conv = { op: "Conv", ...window, weights, bias, filters, groups: channels };
  return addActivation(call, call.add(conv, [image]));
}

/** `SeparableConv2D`: a depthwise convolution without bias, then a 1x1 convolution. */
export function importSeparableConv2d(call: LayerCall): Value {
  const { image } = call;
  const channels = image.shape[2];
  const window = windowOf(call, image, call.pair("dilation_rate", 1, 1));
  // TensorFlow.js does not save the multiplier; the kernel tells it.
  const saved = call.shapeOfWeight(0, "depthwise_kernel")?.[3];
  const multiplier = call.integer("depth_multiplier", saved ?? 1, 1);
  const filters = call.integer("filters", undefined, 1);
  const middle = channels * multiplier;
  if (call.integer("groups", 1, 1) !== 1) call.unsupported(`groups ${call.integer("groups", 1, 1)}`);
  const depthwise: Conv = {
    op: "Conv",
    ...window,
    weights: call.weight(0, "depthwise_kernel", [...window.kernel, channels, multiplier]),
    filters: middle,
    groups: channels,
  };
  const pointwise: Conv = {
    op: "Conv",
    kernel: [1, 1],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    weights: call.weight(1, "pointwise_kernel", [1, 1, middle, filters]),
    bias: biasOf(call, 2, filters),
    filters,
    groups: 1,
  };
  const depthwiseOutput = call.add(depthwise, [image], "depthwise");
  return addActivation(call, call.add(pointwise, [depthwiseOutput]));
}

function biasOf(call: LayerCall, index: number, filters: number): Float32Array | undefined {
  return call.flag("use_bias", true) ? call.weight(index, "bias", [filters]) : undefined;
}

function windowOf(call: LayerCall, image: Value, dilations: Pair): Window {
  const kernel = call.pair("kernel_size", undefined, 1);
  const strides = call.pair("strides", 1, 1);
  return { kernel, strides, dilations, pads: paddingOf(call, image, kernel, strides, dilations) };
}

/** `same` or `valid` as explicit pads. */
export function paddingOf(call: LayerCall, image: Value, kernel: Pair, strides: Pair, dilations: Pair): Pads {
  const padding = call.text("padding", "valid");
  const [height, width] = image.shape;
  if (padding === "valid") {
    const needed = kernel.map((n, a) => (n - 1) * dilations[a] + 1);
    if (height < needed[0] || width < needed[1])
      call.reject(`its window of ${needed.join("x")} is larger than its input of ${height}x${width}`);
    return [0, 0, 0, 0];
  }
  if (padding !== "same") call.unsupported(`padding ${valueText(padding)}`);
  return samePads2d([height, width], kernel, strides, dilations);
}
