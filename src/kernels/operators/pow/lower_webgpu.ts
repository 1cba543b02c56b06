import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import { constant } from "../../element_wise/wgsl_series.js";
import { signOfPower } from "./sign.js";
import type { Pow } from "./spec.js";

/** Integers up to it are powers by products: fewer roundings than by a logarithm. */
const MOST_PRODUCTS = 16;

/** alpha: the exponent; beta: (-1)^exponent, or NaN. */
const power: WgslFunction = {
  name: "pow",
  body: `
  let l = logarithm(abs(x));
  let negative = x < T();
  return Result(
    exponential_of(alpha * l) * select(T(1), beta, negative),
    alpha * exponential_of((alpha - T(1)) * l) * select(T(1), -beta, negative),
  );`,
};

/** By products: of 1 / x where the exponent is negative. */
function integerPower(exponent: number): WgslFunction {
  const n = Math.abs(exponent);
  const value = product(n);
  const slope = product(exponent < 0 ? n + 1 : Math.max(0, n - 1));
  const squares = Array.from({ length: 5 }, (_, k) => `let x${2 << k} = x${1 << k} * x${1 << k};`);
  return {
    name: `pow_${exponent < 0 ? "minus_" : ""}${n}`,
    body: `
  let x1 = ${exponent < 0 ? "T(1) / x" : "x"};
  ${squares.join("\n  ")}
  return Result(${value}, ${constant(exponent)} * ${slope});`,
  };
}

/** `x1^n` from the squares of x1. */
function product(n: number): string {
  const factors = Array.from({ length: 6 }, (_, k) => 1 << k).filter((bit) => n & bit);
  return factors.length > 0 ? factors.map((bit) => `x${bit}`).join(" * ") : "T(1)";
}

export const lowering = elementWise<Pow>({
  function: ({ exponent }) =>
    Number.isInteger(exponent) && Math.abs(exponent) <= MOST_PRODUCTS ? integerPower(exponent) : power,
  alpha: ({ exponent }) => exponent,
  beta: signOfPower,
});
