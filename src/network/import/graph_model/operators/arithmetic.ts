/** Element-wise arithmetic, and logic of constants. */

import { type Activation, isActivation, type Operand } from "../../dataflow/activation.js";
import { type Arithmetic, arithmetic, uniform } from "../../dataflow/arithmetic.js";
import { choose } from "../../dataflow/compositions.js";
import { divide, foldEach } from "../../dataflow/folding.js";
import { broadcastDims, type Tensor } from "../../dataflow/tensor.js";
import type { TfNode } from "../node.js";
import { pointwise, type TfOperator, type TfOperators } from "./operator.js";

type Binary = (a: number, b: number) => number;

/** Of two values, constants among them computed at once. */
function combined(node: TfNode, op: Arithmetic, apply: Binary, left: Operand, right: Operand): Operand {
  if (!isActivation(left) && !isActivation(right)) return foldEach(node, apply, [left, right]);
  return arithmetic(node, op, [left, right]);
}

function binary(op: Arithmetic, apply: (type: Tensor["type"]) => Binary): TfOperator {
  return pointwise([op], (node) => {
    node.expectInputs(2);
    const [left, right] = [node.operand(0), node.operand(1)];
    return combined(node, op, isActivation(left) ? apply("float") : apply(left.type), left, right);
  });
}

const add: Binary = (a, b) => a + b;
const subtract: Binary = (a, b) => a - b;
const multiply: Binary = (a, b) => a * b;

const addN = pointwise(["Add"], (node) => {
  node.expectInputs(1, Infinity);
  return node.operands.reduce((left, right) => combined(node, "Add", add, left, right));
});

/** Whether a constant broadcasts to a value as it is. */
function fits(constant: Tensor, { dims }: Activation): boolean {
  const both = broadcastDims(constant.dims, dims);
  return both !== undefined && both.length === dims.length && both.every((n, axis) => n === dims[axis]);
}

/** The larger or smaller of two values; where one is a number, that is a clamp. */
function extreme(op: "Max" | "Min", apply: Binary): TfOperator {
  return pointwise([op, "Clip", "Relu"], (node) => {
    node.expectInputs(2);
    const [left, right] = [node.operand(0), node.operand(1)];
    if (!isActivation(left) && !isActivation(right)) return foldEach(node, apply, [left, right]);
    const [x, bound] = isActivation(left) ? [left, right] : [right as Activation, left];
    const value = isActivation(bound) || !fits(bound, x) ? undefined : uniform(bound);
    if (value === undefined) return arithmetic(node, op, [left, right]);
    if (op === "Max" && value === 0) return node.map({ op: "Relu" }, x);
    const side = op === "Max" ? "min" : "max";
    return node.map({ op: "Clip", min: -Infinity, max: Infinity, [side]: value }, x);
  });
}

function squaredDifference(node: TfNode): Operand {
  node.expectInputs(2);
  const difference = combined(node, "Sub", subtract, node.operand(0), node.operand(1));
  return combined(node, "Mul", multiply, difference, difference);
}

/** A power by one constant exponent for all values. */
function runPow(node: TfNode): Operand {
  node.expectInputs(2);
  const [x, exponents] = [node.operand(0), node.given(1, "exponent")];
  if (!isActivation(x)) return foldEach(node, (a, b) => a ** b, [x, exponents], x.type);
  const exponent = fits(exponents, x) ? uniform(exponents) : undefined;
  if (exponent === undefined) return node.unsupported("exponents that differ");
  if (exponent === 1) return x;
  return exponent === 2 ? arithmetic(node, "Mul", [x, x]) : node.map({ op: "Pow", exponent }, x);
}

/** By a constant condition; the older operator has one of a single axis choose rows instead of broadcasting. */
function select(choosesRows: boolean): TfOperator {
  return pointwise(["Mul", "Add"], (node) => {
    node.expectInputs(3);
    const condition = node.given(0, "condition");
    if (choosesRows && condition.dims.length === 1 && node.operand(1).dims.length > 1)
      node.mixesImages("it chooses along");
    return choose(node, condition, node.operand(1), node.operand(2));
  });
}

/** Of constants only. */
function onConstants(apply: (...values: number[]) => number, type?: Tensor["type"]): TfOperator {
  return {
    operators: [],
    run: (node: TfNode): Operand => {
      node.expectInputs(1, Infinity);
      return foldEach(
        node,
        apply,
        node.operands.map((_, i) => node.given(i, `input ${i}`)),
        type,
      );
    },
  };
}

/** Halves to the even neighbour. */
function roundEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

export const ARITHMETIC: TfOperators = {
  Add: binary("Add", () => add),
  AddV2: binary("Add", () => add),
  AddN: addN,
  Sub: binary("Sub", () => subtract),
  Mul: binary("Mul", () => multiply),
  Div: binary("Div", divide),
  RealDiv: binary("Div", () => (a, b) => a / b),
  Maximum: extreme("Max", Math.max),
  Minimum: extreme("Min", Math.min),
  SquaredDifference: pointwise(["Sub", "Mul"], squaredDifference),
  Pow: pointwise(["Pow", "Mul"], runPow),
  FloorDiv: onConstants((a, b) => Math.floor(a / b)),
  FloorMod: onConstants((a, b) => a - b * Math.floor(a / b)),
  Mod: onConstants((a, b) => a % b),
  Equal: onConstants((a, b) => Number(a === b), "boolean"),
  NotEqual: onConstants((a, b) => Number(a !== b), "boolean"),
  Less: onConstants((a, b) => Number(a < b), "boolean"),
  LessEqual: onConstants((a, b) => Number(a <= b), "boolean"),
  Greater: onConstants((a, b) => Number(a > b), "boolean"),
  GreaterEqual: onConstants((a, b) => Number(a >= b), "boolean"),
  LogicalAnd: onConstants((a, b) => Number(a !== 0 && b !== 0), "boolean"),
  LogicalOr: onConstants((a, b) => Number(a !== 0 || b !== 0), "boolean"),
  LogicalNot: onConstants((a) => Number(a === 0), "boolean"),
  Select: select(true),
  SelectV2: select(false),
  Floor: onConstants(Math.floor),
  Ceil: onConstants(Math.ceil),
  Round: onConstants(roundEven),
};
