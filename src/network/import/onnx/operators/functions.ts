/** Functions of one value, element by element. */

import type { Operator } from "../../../spec.js";
import { isActivation, type Operand } from "../../dataflow/activation.js";
import { arithmetic, scaled, uniform } from "../../dataflow/arithmetic.js";
import { withRank } from "../../dataflow/axes.js";
import { isNotZero } from "../../dataflow/comparisons.js";
import { cast, foldEach } from "../../dataflow/folding.js";
import { prelu } from "../../dataflow/layers.js";
import type { Tensor } from "../../dataflow/tensor.js";
import type { OnnxNode } from "../node.js";
import { kindOfType, nameOfType } from "../tensors.js";
import { type OnnxOperator, type OnnxOperators, operator } from "./operator.js";

/** The operator that a function is, and the function itself for constants. */
interface Function {
  readonly op: Operator;
  readonly apply?: (x: number) => number;
}

function unary(op: Operator["op"], make: (node: OnnxNode) => Function): OnnxOperator {
  return operator([op], (node) => {
    const { op: made, apply } = make(node);
    const x = node.operand(0);
    if (isActivation(x)) return node.map(made, x);
    return apply ? foldEach(node, apply, [x]) : node.ofConstants();
  });
}

/** A function without attributes. */
function plain(op: Operator, apply?: (x: number) => number): OnnxOperator {
  return unary(op.op, () => ({ op, apply }));
}

const relu = (x: number): number => Math.max(0, x);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** What is the same value at inference. */
function identity(ignored: readonly string[] = []): OnnxOperator {
  return operator(["Identity"], (node) => {
    node.ignore(...ignored);
    return node.operand(0);
  });
}

/** What makes a model compute the same each time. */
export const EVALUATION = "export the model in evaluation mode, with training=self.training in F.dropout";

function runDropout(node: OnnxNode): Operand {
  node.ignore("ratio", "seed", "is_test");
  const [ratio, training] = [node.optional(1, "ratio"), node.optional(2, "training_mode")];
  // What drops nothing may be left in training mode, as `F.dropout(x, p=0)` is.
  if (training && training.data[0] !== 0 && ratio?.data[0] !== 0)
    node.unsupported("in training mode", EVALUATION);
  return node.operand(0);
}

function runClip(node: OnnxNode): Operand {
  const bound = (name: "min" | "max", input: number, open: number): number => {
    const tensor = node.optional(input, name);
    if (!tensor) return node.has(name) ? node.float(name, open) : open;
    const value = uniform(tensor);
    return value ?? node.unsupported(`${name} that is not one number`);
  };
  const [min, max] = [bound("min", 1, -Infinity), bound("max", 2, Infinity)];
  const x = node.operand(0);
  if (!isActivation(x)) return foldEach(node, (value) => Math.min(Math.max(value, min), max), [x]);
  return min === 0 && max === Infinity ? node.map({ op: "Relu" }, x) : node.map({ op: "Clip", min, max }, x);
}

function converted(node: OnnxNode, x: Tensor, kind: Tensor["type"]): Tensor {
  if (x.type !== kind) node.reserve(x.data.length);
  return cast(x, kind);
}

function runCast(node: OnnxNode): Operand {
  node.ignore("saturate", "round_mode");
  const type = node.integer("to");
  const kind = kindOfType(type);
  if (!kind) return node.unsupported(`to ${nameOfType(type)}`);
  const x = node.operand(0);
  if (!isActivation(x)) return converted(node, x, kind);
  if (kind === "boolean") return isNotZero(node, x);
  return kind === "float" || x.isTruth
    ? { ...x, isTruth: undefined }
    : node.unsupported(`of a value that depends on the image to ${nameOfType(type)}`);
}

/** `gamma` times an Elu; its usual constants are an operator of their own. */
function runSelu(node: OnnxNode): Operand {
  const [alpha, gamma] = [node.float("alpha", 1.6732632), node.float("gamma", 1.0507009)];
  const x = node.activation(0);
  const usual = Math.abs(alpha - 1.6732632) < 1e-6 && Math.abs(gamma - 1.0507009) < 1e-6;
  return usual ? node.map({ op: "Selu" }, x) : scaled(node, node.map({ op: "Elu", alpha }, x), gamma);
}

/** `alpha elu(x / alpha)`. */
function runCelu(node: OnnxNode): Operand {
  const alpha = node.float("alpha", 1);
  const x = node.activation(0);
  if (alpha === 1) return node.map({ op: "Elu", alpha: 1 }, x);
  return scaled(node, node.map({ op: "Elu", alpha: 1 }, scaled(node, x, 1 / alpha)), alpha);
}

/** `x sigmoid(alpha x)`. */
function runSwish(node: OnnxNode): Operand {
  const alpha = node.float("alpha", 1);
  const x = node.activation(0);
  if (alpha === 1) return node.map({ op: "Swish" }, x);
  return arithmetic(node, "Mul", [x, node.map({ op: "Sigmoid" }, scaled(node, x, alpha))]);
}

/** Towards 0 by `bias`, and 0 up to `lambd`: where both are equal, what a clamp leaves. */
function runShrink(node: OnnxNode): Operand {
  const [lambd, bias] = [node.float("lambd", 0.5), node.float("bias", 0)];
  if (lambd !== bias || !(lambd >= 0)) return node.unsupported(`lambd ${lambd} and bias ${bias}`);
  const x = node.activation(0);
  return arithmetic(node, "Sub", [x, node.map({ op: "Clip", min: -lambd, max: lambd }, x)]);
}

/** A power with one exponent for all values. */
function runPow(node: OnnxNode): Operand {
  const [x, exponent] = [node.operand(0), node.given(1, "exponent")];
  if (!isActivation(x)) return foldEach(node, (a, b) => a ** b, [x, exponent], x.type);
  const value = uniform(exponent);
  if (value === undefined) return node.unsupported("with exponents that differ");
  const y = value === 1 ? x : node.map({ op: "Pow", exponent: value }, x);
  return withRank(y, exponent.dims.length);
}

export const FUNCTIONS: OnnxOperators = {
  Relu: plain({ op: "Relu" }, relu),
  Sigmoid: plain({ op: "Sigmoid" }, sigmoid),
  Tanh: plain({ op: "Tanh" }, Math.tanh),
  Softplus: plain({ op: "Softplus" }, (x) => relu(x) + Math.log1p(Math.exp(-Math.abs(x)))),
  Softsign: plain({ op: "Softsign" }, (x) => x / (1 + Math.abs(x))),
  HardSwish: plain({ op: "HardSwish" }),
  Mish: plain({ op: "Mish" }),
  Exp: plain({ op: "Exp" }, Math.exp),
  Log: plain({ op: "Log" }, Math.log),
  Sqrt: plain({ op: "Sqrt" }, Math.sqrt),
  Reciprocal: plain({ op: "Reciprocal" }, (x) => 1 / x),
  Erf: plain({ op: "Erf" }),
  Abs: plain({ op: "Abs" }, Math.abs),
  Neg: plain({ op: "Neg" }, (x) => -x),
  Sign: plain({ op: "Sign" }, Math.sign),
  Pow: operator(["Pow"], runPow),
  Elu: unary("Elu", (node) => ({ op: { op: "Elu", alpha: node.float("alpha", 1) } })),
  Celu: operator(["Elu"], runCelu),
  Selu: operator(["Selu", "Elu"], runSelu),
  LeakyRelu: unary("LeakyRelu", (node) => ({ op: { op: "LeakyRelu", alpha: node.float("alpha", 0.01) } })),
  ThresholdedRelu: unary("ThresholdedRelu", (node) => ({
    op: { op: "ThresholdedRelu", alpha: node.float("alpha", 1) },
  })),
  HardSigmoid: unary("HardSigmoid", (node) => ({
    op: { op: "HardSigmoid", alpha: node.float("alpha", 0.2), beta: node.float("beta", 0.5) },
  })),
  Gelu: unary("Gelu", (node) => ({
    op: { op: "Gelu", approximate: node.choice("approximate", "none", ["none", "tanh"]) },
  })),
  Swish: operator(["Swish", "Sigmoid", "Mul"], runSwish),
  Shrink: operator(["Sub", "Clip"], runShrink),
  Clip: operator(["Clip", "Relu"], runClip),
  PRelu: operator(["PRelu"], (node) => prelu(node, node.activation(0), node.given(1, "slope"))),
  Identity: identity(),
  Dropout: operator(["Identity"], runDropout),
  Cast: operator(["Identity"], runCast),
  CastLike: operator(["Identity"], (node) => {
    node.ignore("saturate");
    const x = node.operand(0);
    return isActivation(x) ? x : converted(node, x, node.given(1, "target").type);
  }),
};
