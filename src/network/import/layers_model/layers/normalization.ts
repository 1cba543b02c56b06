import { valueText } from "../../failure.js";
import type { Value } from "../../graph_builder.js";
import type { LayerCall } from "../layer_call.js";

/** `BatchNormalization` over the last axis, with or without `scale` and `center`. */
export function importBatchNormalization(call: LayerCall): Value {
  const { input } = call;
  requireLastAxis(call, input);
  const channels = input.shape[input.shape.length - 1];
  const hasScale = call.flag("scale", true);
  const hasCenter = call.flag("center", true);
  // Positions as Keras 3 numbers them: gamma and beta where they are, then the moving statistics.
  const moments = Number(hasScale) + Number(hasCenter);
  const mean = call.weight(moments, "moving_mean", [channels]);
  const variance = call.weight(moments + 1, "moving_variance", [channels]);
  const scale = hasScale ? call.weight(0, "gamma", [channels]) : new Float32Array(channels).fill(1);
  const bias = hasCenter ? call.weight(Number(hasScale), "beta", [channels]) : new Float32Array(channels);
  const epsilon = call.number("epsilon", 1e-3);
  return call.add({ op: "BatchNormalization", scale, bias, mean, variance, epsilon }, [input]);
}

/** `Normalization`: `(x - mean) / max(sqrt(variance), 1e-7)` over the last axis, statistics as weights. */
export function importNormalization(call: LayerCall): Value {
  const { input } = call;
  requireLastAxis(call, input);
  if (call.flag("invert", false)) call.unsupported("invert: true");
  if (call.settings.get("mean") !== undefined || call.settings.get("variance") !== undefined)
    call.unsupported("mean and variance in the config");
  const channels = input.shape[input.shape.length - 1];
  const mean = call.weight(0, "mean", [channels]);
  const variance = call.weight(1, "variance", [channels]).map((v) => Math.max(v, 1e-14));
  const scale = new Float32Array(channels).fill(1);
  const bias = new Float32Array(channels);
  return call.add({ op: "BatchNormalization", scale, bias, mean, variance, epsilon: 0 }, [input]);
}

/** `axis` counts the batch as axis 0, and may be a list of one. */
function requireLastAxis(call: LayerCall, input: Value): void {
  const axis = call.settings.get("axis") ?? -1;
  const axes = Array.isArray(axis) ? axis : [axis];
  if (axes.length !== 1 || (axes[0] !== -1 && axes[0] !== input.shape.length))
    call.unsupported(`axis ${valueText(axis)} of a value of rank ${input.shape.length + 1}`);
}

/** `Rescaling`: `scale x + offset`, each one number or one per channel. */
export function importRescaling(call: LayerCall): Value {
  const { input } = call;
  const channels = input.shape[input.shape.length - 1];
  const scale = perChannel(call, "scale", 1, channels);
  const offset = perChannel(call, "offset", 0, channels);
  const scaled = call.add({ op: "Mul" }, [input, call.constant(scale, [scale.length], "scale")], "Mul");
  return call.add({ op: "Add" }, [scaled, call.constant(offset, [offset.length], "offset")]);
}

function perChannel(call: LayerCall, key: string, fallback: number, channels: number): Float32Array {
  const value = call.settings.get(key) ?? fallback;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if ((list.length !== 1 && list.length !== channels) || !list.every(Number.isFinite))
    call.reject(`${key} is ${valueText(value)}, expected one finite number or ${channels}`);
  return Float32Array.from(list as number[]);
}
