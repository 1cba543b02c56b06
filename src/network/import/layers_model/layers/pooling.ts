import type { Activation } from "../../dataflow/activation.js";
import { averagePool, maxPool } from "../../dataflow/layers.js";
import { reduce } from "../../dataflow/reductions.js";
import type { LayerCall } from "../layer_call.js";
import { placedWindow } from "./convolution.js";

/** Max and average pools of one or two spatial axes; the stride is the window where it is not given. */
export function importPool(call: LayerCall, kind: "max" | "average", spatial: number): Activation {
  const axes = call.imageAxes(spatial);
  const kernel = call.each("pool_size", spatial, 2, 1);
  const strides = call.each("strides", spatial, kernel, 1);
  const window = placedWindow(
    call,
    axes,
    kernel,
    strides,
    kernel.map(() => 1),
  );
  return kind === "max"
    ? maxPool(call.flow, call.input, axes, window)
    : averagePool(call.flow, call.input, axes, window, false);
}

/** The mean or the largest value of each channel. */
export function importGlobalPool(call: LayerCall, kind: "max" | "mean", spatial: number): Activation {
  const axes = call.imageAxes(spatial);
  return reduce(call.flow, call.input, axes.spatial, kind, call.flag("keepdims", false));
}
