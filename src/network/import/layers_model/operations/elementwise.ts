/** Functions of each value, and arithmetic. */

import type { Operator } from "../../../spec.js";
import { type Activation, isActivation } from "../../dataflow/activation.js";
import { type Arithmetic, arithmetic, uniform } from "../../dataflow/arithmetic.js";
import { scalar } from "../../dataflow/tensor.js";
import { type ActivationFunction, applied, functionByName } from "../activations.js";
import type { OperationCall } from "./operation_call.js";

export type Operation = (of: OperationCall) => Activation | readonly Activation[];

const X = ["x", "features", "input", "inputs", "a", "logits", "value", "x1", "tensor"] as const;

function binary(op: Arithmetic): Operation {
  return (of) => {
    const operands = [of.operand(0, "x1", "x", "a"), of.operand(1, "x2", "y", "b")];
    return arithmetic(of.flow, op, operands);
  };
}

function unary(fn: ActivationFunction): Operation {
  return (of) => applied(of.flow, fn, of.activation(0, ...X));
}

/** A function that layers have as an activation too. */
function named(name: string): Operation {
  return (of) => {
    const found = functionByName(name, of.call.writer);
    return found && found !== "linear"
      ? applied(of.flow, found, of.activation(0, ...X))
      : of.call.unsupported(name);
  };
}

const square: ActivationFunction = (flow, x) => arithmetic(flow, "Mul", [x, x]);
const rsqrt: readonly Operator[] = [{ op: "Sqrt" }, { op: "Reciprocal" }];

const power: Operation = (of) => {
  const x = of.activation(0, "x1", "x");
  const by = of.operand(1, "x2", "y");
  const exponent = isActivation(by) ? undefined : uniform(by);
  if (exponent === undefined) return of.call.unsupported("an exponent that is not one number");
  return exponent === 2 ? applied(of.flow, square, x) : of.flow.map({ op: "Pow", exponent }, x);
};

const clip: Operation = (of) => {
  const min = of.number(1, -Infinity, "clip_value_min", "x_min", "min");
  const max = of.number(2, Infinity, "clip_value_max", "x_max", "max");
  return of.flow.map({ op: "Clip", min, max }, of.activation(0, ...X, "t"));
};

const gelu =
  (approximateByDefault: boolean): Operation =>
  (of) => {
    const approximate = of.flag(1, approximateByDefault, "approximate") ? "tanh" : "none";
    return of.flow.map({ op: "Gelu", approximate }, of.activation(0, ...X));
  };

const leakyRelu =
  (byDefault: number): Operation =>
  (of) =>
    of.flow.map(
      { op: "LeakyRelu", alpha: of.number(1, byDefault, "alpha", "negative_slope") },
      of.activation(0, ...X),
    );

const elu: Operation = (of) =>
  of.flow.map({ op: "Elu", alpha: of.number(1, 1, "alpha") }, of.activation(0, ...X));

/** `relu` of Keras' backend: with a slope, a threshold and a largest value. */
const relu: Operation = (of) => {
  const [slope, max] = [of.number(1, 0, "alpha", "negative_slope"), of.number(2, Infinity, "max_value")];
  if (of.number(3, 0, "threshold") !== 0) return of.call.unsupported("threshold");
  const x = of.activation(0, ...X);
  if (max === Infinity)
    return of.flow.map(slope === 0 ? { op: "Relu" } : { op: "LeakyRelu", alpha: slope }, x);
  if (slope === 0) return of.flow.map({ op: "Clip", min: 0, max }, x);
  return applied(
    of.flow,
    [
      { op: "LeakyRelu", alpha: slope },
      { op: "Clip", min: -Infinity, max },
    ],
    x,
  );
};

/** Types of numbers are all one here, so that a cast of an image changes nothing; to integers it would cut. */
const cast: Operation = (of) => {
  const type = of.argument(1, "dtype");
  if (typeof type === "string" && !/float/.test(type)) return of.call.unsupported(`to ${type}`);
  return of.flow.map({ op: "Identity" }, of.activation(0, ...X));
};

const identity: Operation = (of) => of.flow.map({ op: "Identity" }, of.activation(0, ...X));

const biasAdd: Operation = (of) => {
  if (/^NC/.test(of.text(2, "", "data_format"))) return of.call.unsupported("data_format NCHW");
  return arithmetic(of.flow, "Add", [of.activation(0, ...X), of.operand(1, "bias")]);
};

/** By the names of Keras 3; those of TensorFlow are mapped to them. */
export const ELEMENTWISE: Readonly<Record<string, Operation>> = {
  Add: binary("Add"),
  Subtract: binary("Sub"),
  Multiply: binary("Mul"),
  Divide: binary("Div"),
  Maximum: binary("Max"),
  Minimum: binary("Min"),
  Power: power,
  Square: unary(square),
  SquaredDifference: (of) => applied(of.flow, square, [binary("Sub")(of)].flat()[0] as Activation),
  Negative: unary({ op: "Neg" }),
  Absolute: unary({ op: "Abs" }),
  Exp: unary({ op: "Exp" }),
  Log: unary({ op: "Log" }),
  Log1p: (of) => of.flow.map({ op: "Log" }, arithmetic(of.flow, "Add", [of.activation(0, ...X), scalar(1)])),
  Sqrt: unary({ op: "Sqrt" }),
  Rsqrt: unary(rsqrt),
  Reciprocal: unary({ op: "Reciprocal" }),
  Erf: unary({ op: "Erf" }),
  Sign: unary({ op: "Sign" }),
  Relu: relu,
  Relu6: named("relu6"),
  LeakyRelu: leakyRelu(0.2),
  Elu: elu,
  Selu: named("selu"),
  Sigmoid: named("sigmoid"),
  LogSigmoid: named("log_sigmoid"),
  HardSigmoid: named("hard_sigmoid"),
  HardSilu: named("hard_silu"),
  HardTanh: named("hard_tanh"),
  Silu: named("silu"),
  Mish: named("mish"),
  Gelu: gelu(true),
  TfGelu: gelu(false),
  Softplus: named("softplus"),
  Softsign: named("softsign"),
  Tanh: named("tanh"),
  Clip: clip,
  Cast: cast,
  StopGradient: identity,
  Copy: identity,
  BiasAdd: biasAdd,
};
