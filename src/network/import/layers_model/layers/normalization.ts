import { sizeOf } from "../../../spec.js";
import type { Activation } from "../../dataflow/activation.js";
import { arithmetic } from "../../dataflow/arithmetic.js";
import { axesOf, transpose } from "../../dataflow/axes.js";
import { batchNormalization } from "../../dataflow/layers.js";
import { groupNormalization, layerNormalization, rmsNormalization } from "../../dataflow/normalisation.js";
import { float32Tensor, type Tensor } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import { constantOf } from "../constant_argument.js";
import type { LayerCall } from "../layer_call.js";
import { filled } from "./batch_normalization.js";

/** `LayerNormalization` over the last axis, or the last ones together. */
export function importLayerNormalization(call: LayerCall): Activation {
  const { dims } = call.input;
  const axes = lastAxes(call);
  if (call.flag("rms_scaling", false)) call.unsupported("rms_scaling");
  const shape = axes.map((axis) => dims[axis]);
  const hasScale = call.flag("scale", true);
  const weight = (index: number, name: string) => float32Tensor(shape, call.weight(index, name, shape));
  return layerNormalization(call.flow, call.input, axes[0], call.number("epsilon", 1e-3), {
    scale: hasScale ? weight(0, "gamma") : undefined,
    bias: call.flag("center", true) ? weight(Number(hasScale), "beta") : undefined,
  });
}

/** The axes that a layer normalises, which are the last ones. */
function lastAxes(call: LayerCall): number[] {
  const rank = call.input.dims.length;
  const given = call.settings.get("axis") ?? -1;
  const axes = axesOf(call.flow, (Array.isArray(given) ? given : [given]) as number[], rank).sort(
    (a, b) => a - b,
  );
  if (axes.some((axis, i) => axis !== rank - axes.length + i))
    call.unsupported(`axis ${valueText(given)} of a value of rank ${rank}`);
  return axes;
}

/** `RMSNormalization` of Keras 3, over the last axis or the last ones together. */
export function importRmsNormalization(call: LayerCall): Activation {
  const { dims } = call.input;
  const axes = lastAxes(call);
  const shape = axes.map((axis) => dims[axis]);
  const scale = float32Tensor(shape, call.weight(0, ["scale", "gamma"], shape));
  return rmsNormalization(call.flow, call.input, axes[0], call.number("epsilon", 1e-6), scale);
}

/** `GroupNormalization`: -1 groups are one a channel. */
export function importGroupNormalization(call: LayerCall): Activation {
  const { flow, input } = call;
  const axis = call.axis("axis", -1);
  const channels = input.dims[axis];
  const groups = call.settings.get("groups") === -1 ? channels : call.integer("groups", 32, 1);
  if (channels % groups !== 0)
    call.reject(`${channels} channels in ${groups} groups, expected groups of equal size`);
  const hasScale = call.flag("scale", true);
  const weight = (index: number, name: string) =>
    float32Tensor([channels], call.weight(index, name, [channels]));
  const scale = hasScale ? weight(0, "gamma") : undefined;
  const bias = call.flag("center", true) ? weight(Number(hasScale), "beta") : undefined;
  const others = input.dims.map((_, a) => a).filter((a) => a !== axis && a !== 0);
  const perm = [0, axis, ...others];
  const made = groupNormalization(flow, transpose(flow, input, perm), groups, call.number("epsilon", 1e-3), {
    scale,
    bias,
  });
  return transpose(
    flow,
    made,
    perm.map((_, a) => perm.indexOf(a)),
  );
}

/** Of `Normalization`: standard deviations below this one count as this one. */
const LEAST_DEVIATION = 1e-7;

/**
 * `Normalization`: `(x - mean) / max(sqrt(variance), 1e-7)`, or with `invert` the other way. Statistics of each value of the
 * axes in `axis`, of all together where it is null; in the settings, or weights.
 */
export function importNormalization(call: LayerCall): Activation {
  const { dims } = call.input;
  const given = call.layer.config.axis;
  call.settings.ignore("axis");
  const list = given === null ? [] : Array.isArray(given) ? given : [given ?? -1];
  const axes = axesOf(call.flow, list as number[], dims.length).sort((a, b) => a - b);
  if (axes.includes(0)) call.unsupported(`axis ${valueText(given)}, which has the batch`);
  const mean = statistic(call, "mean", 0, axes);
  const variance = statistic(call, "variance", 1, axes);
  const invert = call.flag("invert", false);
  const deviation = { ...variance, data: variance.data.map((v) => Math.max(Math.sqrt(v), LEAST_DEVIATION)) };
  if (invert)
    return arithmetic(call.flow, "Add", [arithmetic(call.flow, "Mul", [call.input, deviation]), mean]);
  if (axes.length !== 1)
    return arithmetic(call.flow, "Div", [arithmetic(call.flow, "Sub", [call.input, mean]), deviation]);
  const length = dims[axes[0]];
  return batchNormalization(call.flow, call.input, axes[0], {
    mean,
    variance: { ...variance, data: variance.data.map((v) => Math.max(v, LEAST_DEVIATION ** 2)) },
    scale: filled(length, 1),
    bias: filled(length, 0),
    epsilon: 0,
  });
}

/** One value for each of the axes' values, in a shape that broadcasts to the input. */
function statistic(call: LayerCall, name: string, index: number, axes: readonly number[]): Tensor {
  const { dims } = call.input;
  const shape = dims.map((n, axis) => (axes.includes(axis) ? n : 1));
  const size = sizeOf(shape);
  const setting = call.settings.get(name);
  if (setting !== undefined) {
    const value = constantOf(setting);
    if (!value || (value.data.length !== 1 && value.data.length !== size))
      return call.reject(`${name} is ${valueText(setting)}, expected one number or ${size}`);
    return float32Tensor(
      shape,
      Float32Array.from({ length: size }, (_, i) => value.data[i % value.data.length]),
    );
  }
  // Saved with or without the axes of length 1 around; keras 2.3 to 2.5 wrote them.
  const saved = call.shapeOfWeight(index, name);
  const own = saved && sizeOf(saved) === size ? saved : axes.map((axis) => dims[axis]);
  return float32Tensor(shape, call.weight(index, name, own));
}

/** `Rescaling`: `scale x + offset`, each one number or one per channel. */
export function importRescaling(call: LayerCall): Activation {
  const { flow, input } = call;
  const channels = input.dims[input.dims.length - 1];
  const scaled = arithmetic(flow, "Mul", [input, perChannel(call, "scale", 1, channels)]);
  return arithmetic(flow, "Add", [scaled, perChannel(call, "offset", 0, channels)]);
}

function perChannel(call: LayerCall, key: string, fallback: number, channels: number): Tensor {
  const value = call.settings.get(key) ?? fallback;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if ((list.length !== 1 && list.length !== channels) || !list.every(Number.isFinite))
    call.reject(`${key} is ${valueText(value)}, expected one finite number or ${channels}`);
  return float32Tensor([list.length], Float32Array.from(list as number[]));
}
