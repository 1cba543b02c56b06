import { valueText } from "../../failure.js";
import type { Value } from "../../graph_builder.js";
import { activationLayer, addActivation } from "../activations.js";
import type { LayerCall } from "../layer_call.js";

/** `Activation`: the function named in the config. */
export function importActivation(call: LayerCall): Value {
  const input = call.input;
  const output = addActivation(call, input);
  return output === input ? call.add({ op: "Identity" }, [input]) : output;
}

/** `ReLU`, `LeakyReLU`, `ELU`, `ThresholdedReLU`. */
export function importActivationLayer(call: LayerCall): Value {
  const { className, config } = call.layer;
  const op = activationLayer(className, call.settings);
  if (!op) {
    const { max_value, negative_slope, threshold } = config;
    return call.unsupported(
      `max_value, negative_slope, threshold ${valueText([max_value, negative_slope, threshold])}`,
    );
  }
  return call.add(op, [call.input]);
}

/** Softmax over the last axis, counted with the batch as axis 0. */
export function importSoftmax(call: LayerCall): Value {
  const { input } = call;
  const axis = call.settings.get("axis") ?? -1;
  const axes = Array.isArray(axis) ? axis : [axis];
  if (axes.length !== 1 || (axes[0] !== -1 && axes[0] !== input.shape.length))
    call.unsupported(`axis ${valueText(axis)} of a value of rank ${input.shape.length + 1}`);
  return call.add({ op: "Softmax" }, [input]);
}

/** More values than any activation of a classifier has: 256 MiB of float32. */
const LARGEST_SLOPE = 2 ** 26;

/** `alpha` has the input's shape with ones at the shared axes, and is broadcast along them. */
export function importPrelu(call: LayerCall): Value {
  const { input } = call;
  const { shape } = input;
  const shared = call.settings.get("shared_axes") ?? [];
  const axes: readonly unknown[] = Array.isArray(shared) ? shared : [shared];
  for (const axis of axes)
    if (!Number.isSafeInteger(axis) || (axis as number) < 1 || (axis as number) > shape.length)
      call.reject(`shared_axes is ${valueText(shared)}, expected axes from 1 to ${shape.length}`);
  const alphaShape = shape.map((n, a) => (axes.includes(a + 1) ? 1 : n));
  const alpha = call.weight(0, "alpha", alphaShape);
  const perChannel = alpha.length === 1 || alpha.length === shape[shape.length - 1];
  const isPerChannel = perChannel && alphaShape.slice(0, -1).every((n) => n === 1);
  const slope = isPerChannel ? alpha : broadcast(call, alpha, alphaShape, shape);
  return call.add({ op: "PRelu", slope }, [input]);
}

function broadcast(
  call: LayerCall,
  data: Float32Array,
  from: readonly number[],
  to: readonly number[],
): Float32Array {
  const size = to.reduce((product, n) => product * n, 1);
  if (size === data.length) return data;
  if (size > LARGEST_SLOPE) call.reject(`its slope for ${size} values is too large`);
  const strides = from.map((n, a) =>
    n === 1 ? 0 : from.slice(a + 1).reduce((product, m) => product * m, 1),
  );
  return Float32Array.from({ length: size }, (_, i) => {
    let source = 0;
    for (let a = to.length - 1, rest = i; a >= 0; a--) {
      source += (rest % to[a]) * strides[a];
      rest = Math.floor(rest / to[a]);
    }
    return data[source];
  });
}
