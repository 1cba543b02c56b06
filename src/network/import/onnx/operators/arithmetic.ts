/** Element-wise arithmetic of several values, and logic of constants. */

import type { Operator } from "../../../spec.js";
import { type Activation, isActivation, type Operand } from "../../dataflow/activation.js";
import { type Arithmetic, arithmetic, scaled, uniform } from "../../dataflow/arithmetic.js";
import { withRank } from "../../dataflow/axes.js";
import { both, chooseBy, differs, either, greater, not } from "../../dataflow/comparisons.js";
import { choose, covers } from "../../dataflow/compositions.js";
import { divide, foldEach } from "../../dataflow/folding.js";
import type { Tensor } from "../../dataflow/tensor.js";
import type { OnnxNode } from "../node.js";
import { type OnnxOperator, type OnnxOperators, operator } from "./operator.js";

type Binary = (a: number, b: number) => number;

function binary(op: Arithmetic, apply: (type: Tensor["type"]) => Binary): OnnxOperator {
  return operator([op], (node) => {
    node.ignore("axis", "broadcast");
    return several(node, op, apply);
  });
}

function several(node: OnnxNode, op: Arithmetic, apply: (type: Tensor["type"]) => Binary): Operand {
  const operands = node.all;
  if (operands.length === 1) return operands[0];
  return operands.slice(1).reduce((left, right) => {
    if (isActivation(left) || isActivation(right)) return arithmetic(node, op, [left, right]);
    return foldEach(node, apply(left.type), [left, right]);
  }, operands[0]);
}

/** The larger or smaller of values; of a value and a number, which is a clamp. */
function extreme(op: "Max" | "Min", apply: Binary): OnnxOperator {
  const side = op === "Max" ? "min" : "max";
  return operator([op, "Clip", "Relu"], (node) =>
    node.all.reduce((left, right) => {
      if (!isActivation(left) && !isActivation(right)) return foldEach(node, apply, [left, right]);
      const [x, bound] = isActivation(left) ? [left, right] : [right as Activation, left];
      const value = isActivation(bound) || !covers(x.dims, bound.dims) ? undefined : uniform(bound);
      if (value === undefined) return arithmetic(node, op, [left, right]);
      const clamped: Operator =
        side === "min" && value === 0
          ? { op: "Relu" }
          : { op: "Clip", min: -Infinity, max: Infinity, [side]: value };
      return withRank(node.map(clamped, x), bound.dims.length);
    }),
  );
}

function onConstants(apply: (...values: number[]) => number, type?: Tensor["type"]): OnnxOperator {
  return operator([], (node) => {
    const operands = node.all.map((_, i) => node.given(i, `input ${i}`));
    return foldEach(node, apply, operands, type);
  });
}

/** Of constants at once, of values of the image as numbers. */
function comparison(
  apply: (a: number, b: number) => boolean,
  compare: (node: OnnxNode, a: Operand, b: Operand) => Activation,
): OnnxOperator {
  return operator(["Sub", "Sign", "Relu", "Abs", "Mul", "Max"], (node) => {
    const [a, b] = [node.operand(0), node.operand(1)];
    if (isActivation(a) || isActivation(b)) return compare(node, a, b);
    return foldEach(node, (x, y) => Number(apply(x, y)), [a, b], "boolean");
  });
}

function runMean(node: OnnxNode): Operand {
  const sum = several(node, "Add", () => (a, b) => a + b);
  const factor = 1 / node.all.length;
  return isActivation(sum) ? scaled(node, sum, factor) : foldEach(node, (x) => x * factor, [sum]);
}

/** The remainder has the sign of the divisor, with `fmod` that of the dividend. */
function runMod(node: OnnxNode): Operand {
  const apply: Binary = node.flag("fmod", false) ? (a, b) => a % b : (a, b) => a - b * Math.floor(a / b);
  return foldEach(node, apply, [node.given(0, "dividend"), node.given(1, "divisor")]);
}

export const ARITHMETIC: OnnxOperators = {
  Add: binary("Add", () => (a, b) => a + b),
  Sum: binary("Add", () => (a, b) => a + b),
  Sub: binary("Sub", () => (a, b) => a - b),
  Mul: binary("Mul", () => (a, b) => a * b),
  Div: binary("Div", divide),
  Max: extreme("Max", Math.max),
  Min: extreme("Min", Math.min),
  Mean: operator(["Add", "Mul"], runMean),
  Mod: operator([], runMod),
  Equal: comparison(
    (a, b) => a === b,
    (node, a, b) => not(node, differs(node, a, b)),
  ),
  Less: comparison(
    (a, b) => a < b,
    (node, a, b) => greater(node, b, a),
  ),
  LessOrEqual: comparison(
    (a, b) => a <= b,
    (node, a, b) => not(node, greater(node, a, b)),
  ),
  Greater: comparison((a, b) => a > b, greater),
  GreaterOrEqual: comparison(
    (a, b) => a >= b,
    (node, a, b) => not(node, greater(node, b, a)),
  ),
  And: comparison((a, b) => a !== 0 && b !== 0, both),
  Or: comparison((a, b) => a !== 0 || b !== 0, either),
  Xor: comparison((a, b) => (a !== 0) !== (b !== 0), differs),
  Not: operator(["Sub"], (node) => {
    const x = node.operand(0);
    return isActivation(x) ? not(node, x) : foldEach(node, (a) => Number(a === 0), [x], "boolean");
  }),
  Where: operator(["Mul", "Add", "Sub"], (node) => {
    const [condition, a, b] = [node.operand(0), node.operand(1), node.operand(2)];
    return isActivation(condition) ? chooseBy(node, condition, a, b) : choose(node, condition, a, b);
  }),
  Sin: onConstants(Math.sin),
  Cos: onConstants(Math.cos),
  Tan: onConstants(Math.tan),
  Asin: onConstants(Math.asin),
  Acos: onConstants(Math.acos),
  Atan: onConstants(Math.atan),
  Sinh: onConstants(Math.sinh),
  Cosh: onConstants(Math.cosh),
  Floor: onConstants(Math.floor),
  Ceil: onConstants(Math.ceil),
  Round: onConstants(roundEven),
};

/** To the nearest integer, halves to the even one. */
function roundEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
