import type { Operator, OpName } from "../../spec.js";
import type { Activation } from "../dataflow/activation.js";
import { arithmetic, scaled } from "../dataflow/arithmetic.js";
import type { Flow } from "../dataflow/flow.js";
import { take } from "../dataflow/parts.js";
import { scalar } from "../dataflow/tensor.js";
import { isRecord, valueText } from "../failure.js";
import { Settings } from "./config.js";
import type { LayerCall } from "./layer_call.js";
import type { Writer } from "./topology.js";

/** A function that is one operator, several in turn, or made of others. */
export type ActivationFunction = Operator | readonly Operator[] | ((flow: Flow, x: Activation) => Activation);

/** A function of a value. */
export function applied(flow: Flow, of: ActivationFunction, x: Activation): Activation {
  if (typeof of === "function") return of(flow, x);
  const operators: readonly Operator[] = "op" in of ? [of] : of;
  return operators.reduce((value, op) => flow.map(op, value), x);
}

/**
 * Adds the activation that a layer carries in its `activation` field: a name, null, or the layer or function object
 * that Keras writes.
 *
 * @throws UnsupportedOperatorError for an activation that there is no operator for
 */
export function addActivation(call: LayerCall, value: Activation): Activation {
  const activation = call.settings.get("activation");
  const found = functionOf(activation, call.writer);
  if (found === "linear") return value;
  if (!found) return call.unsupported(`activation ${valueText(activation)}`);
  return applied(call.flow, found, value);
}

function functionOf(activation: unknown, writer: Writer): ActivationFunction | "linear" | undefined {
  if (activation === null || activation === undefined) return "linear";
  if (typeof activation === "string") return functionByName(activation, writer);
  if (!isRecord(activation)) return undefined;
  const { class_name: className, config } = activation;
  // Keras 3 wraps functions: { class_name: "function", config: "relu" }.
  if (typeof config === "string") return functionByName(config, writer);
  if (typeof className !== "string") return undefined;
  const settings = new Settings(isRecord(config) ? config : {});
  const found = activationLayer(className, settings) ?? functionByName(className, writer);
  return settings.unread.length === 0 ? found : undefined;
}

/** `x` where it is beyond `threshold` on either side, else 0. */
function hardShrink(threshold: number): ActivationFunction {
  return (flow, x) => {
    const beyond: Operator = { op: "ThresholdedRelu", alpha: threshold };
    const below = flow.map(beyond, flow.map({ op: "Neg" }, x));
    return arithmetic(flow, "Sub", [flow.map(beyond, x), below]);
  };
}

/** `x` moved towards 0 by `threshold`. */
function softShrink(threshold: number): ActivationFunction {
  return (flow, x) => {
    const above = flow.map({ op: "Relu" }, arithmetic(flow, "Sub", [x, scalar(threshold)]));
    const under = flow.map({ op: "Neg" }, arithmetic(flow, "Add", [x, scalar(threshold)]));
    return arithmetic(flow, "Sub", [above, flow.map({ op: "Relu" }, under)]);
  };
}

/** `(x + sqrt(x^2 + b)) / 2`. */
function squarePlus(b: number): ActivationFunction {
  return (flow, x) => {
    const square = arithmetic(flow, "Add", [arithmetic(flow, "Mul", [x, x]), scalar(b)]);
    return scaled(flow, arithmetic(flow, "Add", [x, flow.map({ op: "Sqrt" }, square)]), 0.5);
  };
}

/** The first half of the channels, each weighed by the sigmoid of its fellow in the second. */
const gatedLinearUnit: ActivationFunction = (flow, x) => {
  const axis = x.dims.length - 1;
  const count = x.dims[axis] / 2;
  if (!Number.isInteger(count)) flow.reject(`glu of ${x.dims[axis]} channels, expected an even number`);
  const half = (start: number) => take(flow, x, { axis, start, step: 1, count });
  return arithmetic(flow, "Mul", [half(0), flow.map({ op: "Sigmoid" }, half(count))]);
};

/**
 * Activation functions by their names, small and without underscores: tfjs writes `hardSigmoid`, Keras `hard_sigmoid`. The
 * logarithm of a softmax is its input less a constant per image, so stripping it leaves predictions, differences of logits
 * and DeepFool's steps as they were; only the offset of the logits changes.
 */
const FUNCTIONS: Readonly<Record<string, ActivationFunction | "linear">> = {
  linear: "linear",
  relu: { op: "Relu" },
  relu6: { op: "Clip", min: 0, max: 6 },
  leakyrelu: { op: "LeakyRelu", alpha: 0.2 },
  elu: { op: "Elu", alpha: 1 },
  celu: { op: "Elu", alpha: 1 },
  selu: { op: "Selu" },
  sigmoid: { op: "Sigmoid" },
  logsigmoid: [{ op: "Neg" }, { op: "Softplus" }, { op: "Neg" }],
  softplus: { op: "Softplus" },
  softsign: { op: "Softsign" },
  tanh: { op: "Tanh" },
  tanhshrink: (flow, x) => arithmetic(flow, "Sub", [x, flow.map({ op: "Tanh" }, x)]),
  hardtanh: { op: "Clip", min: -1, max: 1 },
  hardshrink: hardShrink(0.5),
  softshrink: softShrink(0.5),
  squareplus: squarePlus(4),
  exponential: { op: "Exp" },
  exp: { op: "Exp" },
  swish: { op: "Swish" },
  silu: { op: "Swish" },
  gelu: { op: "Gelu", approximate: "none" },
  gelunew: { op: "Gelu", approximate: "tanh" },
  mish: { op: "Mish" },
  hardswish: { op: "HardSwish" },
  hswish: { op: "HardSwish" },
  hardsilu: { op: "HardSwish" },
  glu: gatedLinearUnit,
  softmax: { op: "Softmax" },
  logsoftmax: { op: "LogSoftmax" },
};

/** Every operator that an activation can become. */
export const ACTIVATION_OPERATORS: readonly OpName[] = [
  ...Object.values(FUNCTIONS).flatMap((entry) => {
    if (entry === "linear" || typeof entry === "function") return [];
    return "op" in entry ? [entry.op] : entry.map(({ op }) => op);
  }),
  "HardSigmoid",
];

/** The function of a name, in any spelling. */
export function functionByName(name: string, writer: Writer): ActivationFunction | "linear" | undefined {
  const key = name.toLowerCase().replaceAll("_", "");
  // Keras 3 changed the slope from 0.2.
  if (key === "hardsigmoid")
    return { op: "HardSigmoid", alpha: writer === "keras3" ? 1 / 6 : 0.2, beta: 0.5 };
  return Object.hasOwn(FUNCTIONS, key) ? FUNCTIONS[key] : undefined;
}

/** Operator of an activation layer from its class and settings; undefined where there is none. */
export function activationLayer(className: string, settings: Settings): ActivationFunction | undefined {
  const number = (fallback: number, ...keys: string[]): number => {
    for (const key of keys) {
      const given = settings.get(key);
      const value: unknown = Array.isArray(given) ? given[0] : given;
      if (typeof value === "number") return value;
    }
    return fallback;
  };
  switch (className) {
    case "ReLU":
      return rectifier(number(Infinity, "max_value"), number(0, "negative_slope"), number(0, "threshold"));
    case "LeakyReLU":
      return { op: "LeakyRelu", alpha: number(0.3, "alpha", "negative_slope") };
    case "ELU":
      return { op: "Elu", alpha: number(1, "alpha") };
    case "ThresholdedReLU":
      return { op: "ThresholdedRelu", alpha: number(1, "theta") };
    default:
      return undefined;
  }
}

/** Keras: `min(x, max)` above the threshold, `slope (x - threshold)` below it. */
function rectifier(max: number, slope: number, threshold: number): ActivationFunction | undefined {
  const capped: readonly Operator[] = max === Infinity ? [] : [{ op: "Clip", min: -Infinity, max }];
  if (threshold === 0 && slope === 0) return max === Infinity ? { op: "Relu" } : { op: "Clip", min: 0, max };
  // Below the threshold nothing reaches a maximum that is not negative.
  if (threshold === 0 && (max === Infinity || (slope > 0 && max >= 0)))
    return [{ op: "LeakyRelu", alpha: slope }, ...capped];
  return slope === 0 && max >= 0 ? [{ op: "ThresholdedRelu", alpha: threshold }, ...capped] : undefined;
}
