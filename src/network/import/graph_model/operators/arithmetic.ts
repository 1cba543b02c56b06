/** Element-wise arithmetic, and logic of constants. */

import { type Activation, isActivation, type Operand } from "../../dataflow/activation.js";
import { type Arithmetic, arithmetic, uniform } from "../../dataflow/arithmetic.js";
import { divide, foldEach } from "../../dataflow/folding.js";
import type { Tensor } from "../../dataflow/tensor.js";
import type { TfNode } from "../node.js";
import { pointwise, type TfOperator, type TfOperators } from "./operator.js";

type Binary = (a: number, b: number) => number;

function binary(op: Arithmetic, apply: (type: Tensor["type"]) => Binary): TfOperator {
  return pointwise([op], (node) =>
    node.operands.reduce((left, right) =>
      isActivation(left) || isActivation(right)
        ? arithmetic(node, op, [left, right])
        : foldEach(node, apply(left.type), [left, right]),
    ),
  );
}

/** The larger or smaller of a value and a number, which is a clamp. */
function extreme(side: "min" | "max", apply: Binary): TfOperator {
  return pointwise(["Clip", "Relu"], (node) => {
    const [left, right] = [node.operand(0), node.operand(1)];
    if (!isActivation(left) && !isActivation(right)) return foldEach(node, apply, [left, right]);
    const [x, bound] = isActivation(left) ? [left, right] : [right as Activation, left];
    const value = isActivation(bound) ? undefined : uniform(bound);
    if (value === undefined) return node.unsupported("of two values that depend on the image");
    if (side === "min" && value === 0) return node.map({ op: "Relu" }, x);
    return node.map({ op: "Clip", min: -Infinity, max: Infinity, [side]: value }, x);
  });
}

/** Of constants only. */
function onConstants(apply: (...values: number[]) => number, type?: Tensor["type"]): TfOperator {
  return {
    operators: [],
    run: (node: TfNode): Operand =>
      foldEach(
        node,
        apply,
        node.operands.map((_, i) => node.given(i, `input ${i}`)),
        type,
      ),
  };
}

const square = pointwise(["Mul"], (node): Operand => {
  const x = node.operand(0);
  return isActivation(x) ? arithmetic(node, "Mul", [x, x]) : foldEach(node, (value) => value * value, [x]);
});

export const ARITHMETIC: TfOperators = {
  Add: binary("Add", () => (a, b) => a + b),
  AddV2: binary("Add", () => (a, b) => a + b),
  AddN: binary("Add", () => (a, b) => a + b),
  Sub: binary("Sub", () => (a, b) => a - b),
  Mul: binary("Mul", () => (a, b) => a * b),
  Div: binary("Div", divide),
  RealDiv: binary("Div", () => (a, b) => a / b),
  Maximum: extreme("min", Math.max),
  Minimum: extreme("max", Math.min),
  Square: square,
  FloorDiv: onConstants((a, b) => Math.floor(a / b)),
  FloorMod: onConstants((a, b) => a - b * Math.floor(a / b)),
  Equal: onConstants((a, b) => Number(a === b), "boolean"),
  NotEqual: onConstants((a, b) => Number(a !== b), "boolean"),
  Less: onConstants((a, b) => Number(a < b), "boolean"),
  LessEqual: onConstants((a, b) => Number(a <= b), "boolean"),
  Greater: onConstants((a, b) => Number(a > b), "boolean"),
  GreaterEqual: onConstants((a, b) => Number(a >= b), "boolean"),
  LogicalAnd: onConstants((a, b) => Number(a !== 0 && b !== 0), "boolean"),
  LogicalOr: onConstants((a, b) => Number(a !== 0 || b !== 0), "boolean"),
  LogicalNot: onConstants((a) => Number(a === 0), "boolean"),
  Select: onConstants((condition, a, b) => (condition !== 0 ? a : b)),
  SelectV2: onConstants((condition, a, b) => (condition !== 0 ? a : b)),
  Floor: onConstants(Math.floor),
  Ceil: onConstants(Math.ceil),
};
