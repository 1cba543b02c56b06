/** Functions of one value, element by element. */

import type { Operator } from "../../../spec.js";
import { isActivation, type Operand } from "../../dataflow/activation.js";
import { uniform } from "../../dataflow/arithmetic.js";
import { cast, foldEach } from "../../dataflow/folding.js";
import { prelu } from "../../dataflow/layers.js";
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
    return apply ? foldEach(node, apply, [x]) : node.unsupported("of constants");
  });
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

function runDropout(node: OnnxNode): Operand {
  node.ignore("ratio", "seed", "is_test");
  const training = node.optional(2, "training_mode");
  if (training && training.data[0] !== 0) node.unsupported("in training mode");
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

function runCast(node: OnnxNode): Operand {
  node.ignore("saturate", "round_mode");
  const type = node.integer("to");
  const kind = kindOfType(type);
  if (!kind) return node.unsupported(`to ${nameOfType(type)}`);
  const x = node.operand(0);
  if (!isActivation(x)) return cast(x, kind);
  return kind === "float"
    ? x
    : node.unsupported(`of a value that depends on the image to ${nameOfType(type)}`);
}

function runSelu(node: OnnxNode): Function {
  const [alpha, gamma] = [node.float("alpha", 1.6732632), node.float("gamma", 1.0507009)];
  const standard = Math.abs(alpha - 1.6732632) < 1e-4 && Math.abs(gamma - 1.0507009) < 1e-4;
  return standard ? { op: { op: "Selu" } } : node.unsupported(`alpha ${alpha} and gamma ${gamma}`);
}

export const FUNCTIONS: OnnxOperators = {
  Relu: unary("Relu", () => ({ op: { op: "Relu" }, apply: relu })),
  Sigmoid: unary("Sigmoid", () => ({ op: { op: "Sigmoid" }, apply: sigmoid })),
  Tanh: unary("Tanh", () => ({ op: { op: "Tanh" }, apply: Math.tanh })),
  Softplus: unary("Softplus", () => ({ op: { op: "Softplus" } })),
  Softsign: unary("Softsign", () => ({ op: { op: "Softsign" } })),
  HardSwish: unary("HardSwish", () => ({ op: { op: "HardSwish" } })),
  Mish: unary("Mish", () => ({ op: { op: "Mish" } })),
  Elu: unary("Elu", (node) => ({ op: { op: "Elu", alpha: node.float("alpha", 1) } })),
  Selu: unary("Selu", runSelu),
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
  Swish: unary("Swish", (node) => {
    const alpha = node.float("alpha", 1);
    return alpha === 1 ? { op: { op: "Swish" } } : node.unsupported(`alpha ${alpha}`);
  }),
  Clip: operator(["Clip", "Relu"], runClip),
  PRelu: operator(["PRelu"], (node) => prelu(node, node.activation(0), node.given(1, "slope"))),
  Identity: identity(),
  Dropout: operator(["Identity"], runDropout),
  Cast: operator(["Identity"], runCast),
  CastLike: operator(["Identity"], (node) => {
    node.ignore("saturate");
    const x = node.operand(0);
    return isActivation(x) ? x : cast(x, node.given(1, "target").type);
  }),
};
