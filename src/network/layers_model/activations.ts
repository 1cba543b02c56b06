import type { Operator } from "../spec.js";
import { isRecord, valueText } from "./failure.js";
import type { Value } from "./graph_builder.js";
import type { LayerCall } from "./layer_call.js";
import type { Config, Writer } from "./topology.js";

/**
 * Adds the activation that a layer carries in its `activation` field: a name, null, or the layer or function object
 * that Keras writes.
 *
 * @throws UnsupportedOperatorError for an activation that `spec.ts` has no operator for
 */
export function addActivation(call: LayerCall, value: Value): Value {
  const activation = call.layer.config.activation;
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
  return activationLayer(className, isRecord(config) ? config : {}) ?? activationByName(className, writer);
}

/** Operator of an activation function by the name that tfjs (`hardSigmoid`) or Keras (`hard_sigmoid`) gives it. */
function activationByName(name: string, writer: Writer): Operator | "linear" | undefined {
  switch (name.toLowerCase().replaceAll("_", "")) {
    case "linear":
      return "linear";
    case "relu":
      return { op: "Relu" };
    case "relu6":
      return { op: "Clip", min: 0, max: 6 };
    case "leakyrelu":
      return { op: "LeakyRelu", alpha: 0.2 };
    case "elu":
      return { op: "Elu", alpha: 1 };
    case "selu":
      return { op: "Selu" };
    case "sigmoid":
      return { op: "Sigmoid" };
    case "hardsigmoid":
      // Keras 3 changed the slope from 0.2.
      return { op: "HardSigmoid", alpha: writer === "keras3" ? 1 / 6 : 0.2, beta: 0.5 };
    case "softplus":
      return { op: "Softplus" };
    case "softsign":
      return { op: "Softsign" };
    case "tanh":
      return { op: "Tanh" };
    case "swish":
    case "silu":
      return { op: "Swish" };
    case "gelu":
      return { op: "Gelu", approximate: "none" };
    case "gelunew":
      return { op: "Gelu", approximate: "tanh" };
    case "mish":
      return { op: "Mish" };
    case "hardswish":
    case "hswish":
    case "hardsilu":
      return { op: "HardSwish" };
    case "softmax":
    // The logarithm of a softmax is its input less a constant per image, so stripping it leaves predictions,
    // differences of logits and DeepFool's steps as they were; only the offset of the logits changes.
    case "logsoftmax":
      return { op: "Softmax" };
    default:
      return undefined;
  }
}

/** Operator of an activation layer from its class and `config`; undefined where there is none. */
export function activationLayer(className: string, config: Config): Operator | undefined {
  const number = (fallback: number, ...keys: string[]): number => {
    for (const key of keys) {
      const value = Array.isArray(config[key]) ? config[key][0] : config[key];
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
