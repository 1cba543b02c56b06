/** Functions of one value, and what does nothing. */

import { elu, erf, sigmoid, softplus } from "../../../../kernels/element_wise/scalar.js";
import type { Operator } from "../../../spec.js";
import { isActivation, type Operand } from "../../dataflow/activation.js";
import { arithmetic } from "../../dataflow/arithmetic.js";
import { cast, foldEach } from "../../dataflow/folding.js";
import { prelu } from "../../dataflow/layers.js";
import { scalar } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import { kindOfType } from "../attributes.js";
import type { TfNode } from "../node.js";
import { pointwise, type TfOperator, type TfOperators } from "./operator.js";

type Unary = (x: number) => number;

/** @param apply the function itself, for constants */
function named(op: Operator, apply: Unary): TfOperator {
  return pointwise([op.op], (node) => {
    const x = node.operand(0);
    return isActivation(x) ? node.map(op, x) : foldEach(node, apply, [x]);
  });
}

/** One that takes several operators, in this order; `Add` adds one number. */
function chain(ops: readonly (Operator | { readonly add: number })[], apply: Unary): TfOperator {
  const names = ops.map((op) => ("op" in op ? op.op : "Add"));
  return pointwise(names, (node) => {
    const x = node.operand(0);
    if (!isActivation(x)) return foldEach(node, apply, [x]);
    return ops.reduce(
      (value, op) => ("op" in op ? node.map(op, value) : arithmetic(node, "Add", [value, scalar(op.add)])),
      x,
    );
  });
}

const leakyRelu = pointwise(["LeakyRelu"], (node) => {
  const x = node.operand(0);
  const alpha = node.float("alpha", 0.2);
  if (isActivation(x)) return node.map({ op: "LeakyRelu", alpha }, x);
  return foldEach(node, (value) => (value > 0 ? value : alpha * value), [x]);
});

const square = pointwise(["Mul"], (node) => {
  const x = node.operand(0);
  return isActivation(x) ? arithmetic(node, "Mul", [x, x]) : foldEach(node, (value) => value * value, [x]);
});

const identity = pointwise(["Identity"], (node) => {
  node.ignore("message", "shape");
  return node.operand(0);
});

function runCast(node: TfNode): Operand {
  const type = node.dataType("DstT");
  const kind = kindOfType(type);
  if (!kind) return node.unsupported(`to ${valueText(type)}`);
  const x = node.operand(0);
  if (!isActivation(x)) return cast(x, kind);
  return kind === "float" ? x : node.unsupported(`of a value that depends on the image to ${type}`);
}

function runClip(node: TfNode): Operand {
  const [min, max] = [node.number(1, "minimum"), node.number(2, "maximum")];
  const x = node.operand(0);
  if (isActivation(x)) return node.map({ op: "Clip", min, max }, x);
  return foldEach(node, (value) => Math.min(Math.max(value, min), max), [x]);
}

export const FUNCTIONS: TfOperators = {
  Relu: named({ op: "Relu" }, (x) => Math.max(0, x)),
  Relu6: named({ op: "Clip", min: 0, max: 6 }, (x) => Math.min(Math.max(0, x), 6)),
  Elu: named({ op: "Elu", alpha: 1 }, (x) => elu(1, 1).value(x, 0)),
  Selu: named({ op: "Selu" }, (x) => elu(1.6732632423543772, 1.0507009873554805).value(x, 0)),
  Sigmoid: named({ op: "Sigmoid" }, sigmoid),
  Tanh: named({ op: "Tanh" }, Math.tanh),
  Softplus: named({ op: "Softplus" }, softplus),
  Softsign: named({ op: "Softsign" }, (x) => x / (1 + Math.abs(x))),
  LeakyRelu: leakyRelu,
  Prelu: pointwise(["PRelu"], (node) => prelu(node, node.activation(0), node.given(1, "slope"))),
  Exp: named({ op: "Exp" }, Math.exp),
  Expm1: chain([{ op: "Exp" }, { add: -1 }], Math.expm1),
  Log: named({ op: "Log" }, Math.log),
  Log1p: chain([{ add: 1 }, { op: "Log" }], Math.log1p),
  Sqrt: named({ op: "Sqrt" }, Math.sqrt),
  Rsqrt: chain([{ op: "Sqrt" }, { op: "Reciprocal" }], (x) => 1 / Math.sqrt(x)),
  Reciprocal: named({ op: "Reciprocal" }, (x) => 1 / x),
  Inv: named({ op: "Reciprocal" }, (x) => 1 / x),
  Square: square,
  Erf: named({ op: "Erf" }, erf),
  Abs: named({ op: "Abs" }, Math.abs),
  Neg: named({ op: "Neg" }, (x) => -x),
  Sign: named({ op: "Sign" }, Math.sign),
  ClipByValue: pointwise(["Clip"], runClip),
  Cast: pointwise(["Identity"], runCast),
  Identity: identity,
  StopGradient: identity,
  PreventGradient: identity,
  Snapshot: identity,
  CheckNumerics: identity,
  EnsureShape: identity,
  PlaceholderWithDefault: identity,
  IdentityN: pointwise(["Identity"], (node) => node.operands),
};
