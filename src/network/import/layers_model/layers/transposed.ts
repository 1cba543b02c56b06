import type { Activation } from "../../dataflow/activation.js";
import { float32Tensor } from "../../dataflow/tensor.js";
import { transposedConvolution } from "../../dataflow/transposed_convolution.js";
import { valueText } from "../../failure.js";
import { addActivation } from "../activations.js";
import type { LayerCall } from "../layer_call.js";
import { biasOf } from "./convolution.js";

/** `Conv1DTranspose`, `Conv2DTranspose`: kernel `[spatial...][filters][C]`. */
export function importTransposedConv(call: LayerCall, spatial: number): Activation {
  const axes = call.imageAxes(spatial);
  const channels = call.input.dims[axes.channel];
  const filters = call.integer("filters", undefined, 1);
  const kernel = call.each("kernel_size", spatial, undefined, 1);
  const strides = call.each("strides", spatial, 1, 1);
  const dilations = call.each("dilation_rate", spatial, 1, 1);
  const padding = call.text("padding", "valid");
  if (padding !== "valid" && padding !== "same") call.unsupported(`padding ${valueText(padding)}`);
  const more =
    call.settings.get("output_padding") === undefined
      ? undefined
      : call.each("output_padding", spatial, 0, 0);
  const shape = [...kernel, filters, channels];
  const weights = float32Tensor(shape, call.weight(0, "kernel", shape));
  const placed = kernel.map((n, i) => {
    const length = call.input.dims[axes.spatial[i]];
    return place(length, (n - 1) * dilations[i] + 1, strides[i], padding, more?.[i]);
  });
  const made = transposedConvolution(call.flow, call.input, {
    axes,
    strides,
    dilations,
    starts: placed.map(([start]) => start),
    lengths: placed.map(([, length]) => length),
    groups: call.integer("groups", 1, 1),
    weights,
    bias: biasOf(call, 1, filters),
  });
  return addActivation(call, made);
}

/** How much of the beginning is cut, and how long the output is: as much as the forward convolution would have read. */
function place(
  length: number,
  extent: number,
  stride: number,
  padding: "valid" | "same",
  more: number | undefined,
): readonly [start: number, length: number] {
  const all = (length - 1) * stride + extent;
  if (padding === "valid")
    return [0, more === undefined ? length * stride + Math.max(extent - stride, 0) : all + more];
  const own = more === undefined ? length * stride : all - 2 * Math.floor(extent / 2) + more;
  return [Math.floor(Math.max(all - own, 0) / 2), own];
}
