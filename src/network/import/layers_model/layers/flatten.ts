import type { Activation } from "../../dataflow/activation.js";
import { transpose } from "../../dataflow/axes.js";
import type { LayerCall } from "../layer_call.js";

/** `Flatten`; `channels_first` moves the first axis to the end before. */
export function importFlatten(call: LayerCall): Activation {
  const { input } = call;
  const rank = input.dims.length;
  if (call.layout === "channels_last" || rank < 3) return call.onInput({ op: "Flatten" });
  const axes = input.dims.map((_, axis) => axis);
  const turned = transpose(call.flow, input, [0, ...axes.slice(2), 1]);
  return call.with(turned).onInput({ op: "Flatten" });
}
