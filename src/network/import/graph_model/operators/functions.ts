/** Functions of one value, and what does nothing. */

import type { Operator } from "../../../spec.js";
import { isActivation, type Operand } from "../../dataflow/activation.js";
import { uniform } from "../../dataflow/arithmetic.js";
import { cast, foldEach } from "../../dataflow/folding.js";
import { prelu } from "../../dataflow/layers.js";
import type { Tensor } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import type { TfNode } from "../node.js";
import { pointwise, type TfOperator, type TfOperators } from "./operator.js";

function unary(make: (node: TfNode) => Operator, apply?: (x: number) => number): TfOperator {
  const run = (node: TfNode): Operand => {
    const x = node.operand(0);
    if (isActivation(x)) return node.map(make(node), x);
    return apply ? foldEach(node, apply, [x]) : node.unsupported("of constants");
  };
  return pointwise([], run);
}

function named(op: Operator, apply?: (x: number) => number): TfOperator {
  return { ...unary(() => op, apply), operators: [op.op] };
}

const identity = pointwise(["Identity"], (node) => {
  node.ignore("message");
  return node.operand(0);
});

const KINDS: Readonly<Record<string, Tensor["type"]>> = {
  DT_FLOAT: "float",
  DT_HALF: "float",
  DT_DOUBLE: "float",
  DT_BFLOAT16: "float",
  DT_INT32: "integer",
  DT_INT64: "integer",
  DT_UINT8: "integer",
  DT_INT8: "integer",
  DT_BOOL: "boolean",
};

function runCast(node: TfNode): Operand {
  const type = node.dataType("DstT");
  const kind = KINDS[type];
  if (!kind) return node.unsupported(`to ${valueText(type)}`);
  const x = node.operand(0);
  if (!isActivation(x)) return cast(x, kind);
  return kind === "float" ? x : node.unsupported(`of a value that depends on the image to ${type}`);
}

function runClip(node: TfNode): Operand {
  const [min, max] = [uniform(node.given(1, "minimum")), uniform(node.given(2, "maximum"))];
  if (min === undefined || max === undefined) return node.unsupported("bounds that are not one number each");
  const x = node.operand(0);
  if (isActivation(x)) return node.map({ op: "Clip", min, max }, x);
  return foldEach(node, (value) => Math.min(Math.max(value, min), max), [x]);
}

export const FUNCTIONS: TfOperators = {
  Relu: named({ op: "Relu" }, (x) => Math.max(0, x)),
  Relu6: named({ op: "Clip", min: 0, max: 6 }, (x) => Math.min(Math.max(0, x), 6)),
  Elu: named({ op: "Elu", alpha: 1 }),
  Selu: named({ op: "Selu" }),
  Sigmoid: named({ op: "Sigmoid" }, (x) => 1 / (1 + Math.exp(-x))),
  Tanh: named({ op: "Tanh" }, Math.tanh),
  Softplus: named({ op: "Softplus" }),
  Softsign: named({ op: "Softsign" }),
  LeakyRelu: {
    ...unary((node) => ({ op: "LeakyRelu", alpha: node.float("alpha", 0.2) })),
    operators: ["LeakyRelu"],
  },
  Prelu: pointwise(["PRelu"], (node) => prelu(node, node.activation(0), node.given(1, "slope"))),
  ClipByValue: pointwise(["Clip"], runClip),
  Cast: pointwise(["Identity"], runCast),
  Identity: identity,
  StopGradient: identity,
  PreventGradient: identity,
  Snapshot: identity,
  CheckNumerics: identity,
  PlaceholderWithDefault: identity,
  IdentityN: pointwise(["Identity"], (node) => node.operands),
};
