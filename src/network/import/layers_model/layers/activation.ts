import type { Activation } from "../../dataflow/activation.js";
import { prelu } from "../../dataflow/layers.js";
import { softmax } from "../../dataflow/reductions.js";
import { float32Tensor } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import { activationLayer, addActivation, applied } from "../activations.js";
import type { LayerCall } from "../layer_call.js";

/** `Activation`: the function named in the config. */
export function importActivation(call: LayerCall): Activation {
  const { input } = call;
  const output = addActivation(call, input);
  return output === input ? call.flow.map({ op: "Identity" }, input) : output;
}

/** `ReLU`, `LeakyReLU`, `ELU`, `ThresholdedReLU`. */
export function importActivationLayer(call: LayerCall): Activation {
  const { className, config } = call.layer;
  const found = activationLayer(className, call.settings);
  if (!found) {
    const { max_value, negative_slope, threshold } = config;
    return call.unsupported(
      `max_value, negative_slope, threshold ${valueText([max_value, negative_slope, threshold])}`,
    );
  }
  return applied(call.flow, found, call.input);
}

/** Softmax over one axis, counted with the batch as axis 0. */
export function importSoftmax(call: LayerCall): Activation {
  return softmax(call.flow, call.input, call.axis("axis", -1));
}

/** `alpha` has the input's shape with ones at the shared axes, and is broadcast along them. */
export function importPrelu(call: LayerCall): Activation {
  const { dims } = call.input;
  const shape = dims.slice(1);
  const shared = call.settings.get("shared_axes") ?? [];
  const axes: readonly unknown[] = Array.isArray(shared) ? shared : [shared];
  for (const axis of axes)
    if (!Number.isSafeInteger(axis) || (axis as number) < 1 || (axis as number) > shape.length)
      call.reject(`shared_axes is ${valueText(shared)}, expected axes from 1 to ${shape.length}`);
  const alphaShape = shape.map((n, a) => (axes.includes(a + 1) ? 1 : n));
  return prelu(call.flow, call.input, float32Tensor(alphaShape, call.weight(0, "alpha", alphaShape)));
}
