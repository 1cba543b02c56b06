import type { Operator, OpName } from "../../spec.js";
import { isRecord, valueText } from "../failure.js";
import type { Value } from "../graph_builder.js";
import { Settings } from "./config.js";
import type { LayerCall } from "./layer_call.js";
import type { Writer } from "./topology.js";

/**
 * Adds the activation that a layer carries in its `activation` field: a name, null, or the layer or function object
 * that Keras writes.
 *
 * @throws UnsupportedOperatorError for an activation that there is no operator for
 */
export function addActivation(call: LayerCall, value: Value): Value {
  const activation = call.settings.get("activation");
  const op = operatorOf(activation, call.writer);
  if (op === "linear") return value;
  if (!op) return call.unsupported(`activation ${valueText(activation)}`);
  return call.add(op, [value], op.op);
}

function operatorOf(activation: unknown, writer: Writer): Operator | "linear" | undefined {
  if (activation === null || activation === undefined) return "linear";
  if (typeof activation === "string") return activationByName(activation, writer);
  if (!isRecord(activation)) return undefined;
  const { class_name: className, config } = activation;
  // Keras 3 wraps functions: { class_name: "function", config: "relu" }.
  if (typeof config === "string") return activationByName(config, writer);
  if (typeof className !== "string") return undefined;
  const settings = new Settings(isRecord(config) ? config : {});
  const operator = activationLayer(className, settings) ?? activationByName(className, writer);
  return settings.unread.length === 0 ? operator : undefined;
}

/**
 * Activation functions by their names, small and without underscores: tfjs writes `hardSigmoid`, Keras `hard_sigmoid`. The
 * logarithm of a softmax is its input less a constant per image, so stripping it leaves predictions, differences of logits
 * and DeepFool's steps as they were; only the offset of the logits changes.
 */
const FUNCTIONS: Readonly<Record<string, Operator | "linear" | ((writer: Writer) => Operator)>> = {
  linear: "linear",
  relu: { op: "Relu" },
  relu6: { op: "Clip", min: 0, max: 6 },
  leakyrelu: { op: "LeakyRelu", alpha: 0.2 },
  elu: { op: "Elu", alpha: 1 },
  selu: { op: "Selu" },
  sigmoid: { op: "Sigmoid" },
  // Keras 3 changed the slope from 0.2.
  hardsigmoid: (writer) => ({ op: "HardSigmoid", alpha: writer === "keras3" ? 1 / 6 : 0.2, beta: 0.5 }),
  softplus: { op: "Softplus" },
  softsign: { op: "Softsign" },
  tanh: { op: "Tanh" },
  swish: { op: "Swish" },
  silu: { op: "Swish" },
  gelu: { op: "Gelu", approximate: "none" },
  gelunew: { op: "Gelu", approximate: "tanh" },
  mish: { op: "Mish" },
  hardswish: { op: "HardSwish" },
  hswish: { op: "HardSwish" },
  hardsilu: { op: "HardSwish" },
  softmax: { op: "Softmax" },
  logsoftmax: { op: "LogSoftmax" },
};

/** Every operator that an activation can become. */
export const ACTIVATION_OPERATORS: readonly OpName[] = Object.values(FUNCTIONS).flatMap((entry) => {
  const operator = typeof entry === "function" ? entry("keras3") : entry;
  return operator === "linear" ? [] : [operator.op];
});

function activationByName(name: string, writer: Writer): Operator | "linear" | undefined {
  const key = name.toLowerCase().replaceAll("_", "");
  const entry = Object.hasOwn(FUNCTIONS, key) ? FUNCTIONS[key] : undefined;
  return typeof entry === "function" ? entry(writer) : entry;
}

/** Operator of an activation layer from its class and settings; undefined where there is none. */
export function activationLayer(className: string, settings: Settings): Operator | undefined {
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
function rectifier(max: number, slope: number, threshold: number): Operator | undefined {
  if (threshold === 0 && slope === 0) return max === Infinity ? { op: "Relu" } : { op: "Clip", min: 0, max };
  if (max !== Infinity) return undefined;
  if (threshold === 0) return { op: "LeakyRelu", alpha: slope };
  return slope === 0 ? { op: "ThresholdedRelu", alpha: threshold } : undefined;
}
