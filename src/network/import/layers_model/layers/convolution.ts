import type { Activation } from "../../dataflow/activation.js";
import { convolution } from "../../dataflow/layers.js";
import { float32Tensor } from "../../dataflow/tensor.js";
import type { ImageAxes, SpatialWindow } from "../../dataflow/window.js";
import { valueText } from "../../failure.js";
import { addActivation } from "../activations.js";
import type { LayerCall } from "../layer_call.js";

/** `Conv1D`, `Conv2D`: kernel `[spatial...][C / groups][filters]`. */
export function importConv(call: LayerCall, spatial: number): Activation {
  const axes = call.imageAxes(spatial);
  const channels = call.input.dims[axes.channel];
  const window = windowOf(call, axes, call.each("dilation_rate", spatial, 1, 1));
  const filters = call.integer("filters", undefined, 1);
  const groups = call.integer("groups", 1, 1);
  if (channels % groups !== 0 || filters % groups !== 0)
    call.reject(`groups is ${groups}, expected a divisor of its ${channels} channels and ${filters} filters`);
  const shape = [...window.kernel, channels / groups, filters];
  const weights = float32Tensor(shape, call.weight(0, "kernel", shape));
  const bias = biasOf(call, 1, filters);
  return addActivation(call, convolution(call.flow, call.input, { axes, window, groups, weights, bias }));
}

/** `DepthwiseConv1D`, `DepthwiseConv2D`: kernel `[spatial...][C][multiplier]`, a grouped kernel as it lies in memory. */
export function importDepthwiseConv(call: LayerCall, spatial: number): Activation {
  const axes = call.imageAxes(spatial);
  const channels = call.input.dims[axes.channel];
  // TensorFlow.js (4.22) reads the dilation of this layer and computes without it, so that is what its models mean.
  const given = call.each("dilation_rate", spatial, 1, 1);
  const dilations = call.writer === "tfjs" ? given.map(() => 1) : given;
  // Keras 2 writes the groups of the class that this one is made from.
  call.settings.ignore("groups");
  const window = windowOf(call, axes, dilations);
  const multiplier = call.integer("depth_multiplier", 1, 1);
  const output = depthwise(call, axes, window, multiplier, ["depthwise_kernel", "kernel"]);
  return addActivation(call, output(biasOf(call, 1, channels * multiplier)));
}

/** `SeparableConv1D`, `SeparableConv2D`: a depthwise convolution without bias, then one of single pixels. */
export function importSeparableConv(call: LayerCall, spatial: number): Activation {
  const axes = call.imageAxes(spatial);
  const channels = call.input.dims[axes.channel];
  const window = windowOf(call, axes, call.each("dilation_rate", spatial, 1, 1));
  // TensorFlow.js does not save the multiplier; the kernel tells it.
  const saved = call.shapeOfWeight(0, "depthwise_kernel")?.[spatial + 1];
  const multiplier = call.integer("depth_multiplier", saved ?? 1, 1);
  const filters = call.integer("filters", undefined, 1);
  if (call.integer("groups", 1, 1) !== 1) call.unsupported(`groups ${call.integer("groups", 1, 1)}`);
  const middle = depthwise(call, axes, window, multiplier, ["depthwise_kernel"])(undefined);
  const ones = window.kernel.map(() => 1);
  const shape = [...ones, channels * multiplier, filters];
  const output = convolution(call.flow, middle, {
    axes,
    window: { kernel: ones, strides: ones, dilations: ones, pads: ones.map(() => [0, 0]) },
    groups: 1,
    weights: float32Tensor(shape, call.weight(1, "pointwise_kernel", shape)),
    bias: biasOf(call, 2, filters),
  });
  return addActivation(call, output);
}

function depthwise(
  call: LayerCall,
  axes: ImageAxes,
  window: SpatialWindow,
  multiplier: number,
  names: readonly string[],
) {
  const channels = call.input.dims[axes.channel];
  const kernel = call.weight(0, names, [...window.kernel, channels, multiplier]);
  const weights = float32Tensor([...window.kernel, 1, channels * multiplier], kernel);
  return (bias: ReturnType<typeof biasOf>): Activation =>
    convolution(call.flow, call.input, { axes, window, groups: channels, weights, bias });
}

export function biasOf(call: LayerCall, index: number, filters: number) {
  return call.flag("use_bias", true)
    ? float32Tensor([filters], call.weight(index, "bias", [filters]))
    : undefined;
}

function windowOf(call: LayerCall, axes: ImageAxes, dilations: readonly number[]): SpatialWindow {
  const spatial = axes.spatial.length;
  const kernel = call.each("kernel_size", spatial, undefined, 1);
  return placedWindow(call, axes, kernel, call.each("strides", spatial, 1, 1), dilations);
}

/** The window with the padding that the layer says: `same`, `valid`, of one axis also `causal`. */
export function placedWindow(
  call: LayerCall,
  { spatial }: ImageAxes,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): SpatialWindow {
  const padding = call.text("padding", "valid");
  const lengths = spatial.map((axis) => call.input.dims[axis]);
  const extents = kernel.map((n, axis) => (n - 1) * dilations[axis] + 1);
  const window = { kernel, strides, dilations };
  if (padding === "same") return { ...window, pads: "same-upper" };
  if (padding === "causal" && spatial.length === 1) return { ...window, pads: [[extents[0] - 1, 0]] };
  if (padding !== "valid") call.unsupported(`padding ${valueText(padding)}`);
  if (lengths.some((length, axis) => length < extents[axis]))
    call.reject(`its window of ${extents.join("x")} is larger than its input of ${lengths.join("x")}`);
  return { ...window, pads: kernel.map(() => [0, 0]) };
}
