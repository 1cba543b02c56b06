import type { Activation } from "../../network/spec.js";

/** A scalar function and its derivative. `parameter` is the slope of a PRelu unit; the others ignore it. */
export interface ScalarFunction {
  readonly value: (x: number, parameter: number) => number;
  readonly derivative: (x: number, parameter: number) => number;
}

/** The function that an activation applies to every value; formulas and conventions in `reference.ts`. */
export function scalarFunction(activation: Activation): ScalarFunction {
  switch (activation.op) {
    case "Relu":
      return { value: (x) => Math.max(0, x), derivative: (x) => (x > 0 ? 1 : 0) };
    case "Clip": {
      const { min, max } = activation;
      return {
        value: (x) => Math.min(max, Math.max(min, x)),
        derivative: (x) => (min < x && x < max ? 1 : 0),
      };
    }
    case "LeakyRelu":
      return leaky(activation.alpha);
    case "PRelu":
      return {
        value: (x, slope) => (x > 0 ? x : slope * x),
        derivative: (x, slope) => (x > 0 ? 1 : slope),
      };
    case "ThresholdedRelu": {
      const { alpha } = activation;
      return { value: (x) => (x <= alpha ? 0 : x), derivative: (x) => (x > alpha ? 1 : 0) };
    }
    case "Elu":
      return elu(activation.alpha, 1);
    case "Selu":
      return elu(1.6732632423543772, 1.0507009873554805);
    case "Sigmoid":
      return { value: sigmoid, derivative: (x) => sigmoid(x) * sigmoid(-x) };
    case "Tanh":
      return { value: Math.tanh, derivative: (x) => 1 - Math.tanh(x) ** 2 };
    case "Softplus":
      return { value: softplus, derivative: sigmoid };
    case "Softsign":
      return { value: (x) => x / (1 + Math.abs(x)), derivative: (x) => 1 / (1 + Math.abs(x)) ** 2 };
    case "Mish":
      return {
        value: (x) => x * Math.tanh(softplus(x)),
        derivative: (x) => {
          const t = Math.tanh(softplus(x));
          return t + x * (1 - t * t) * sigmoid(x);
        },
      };
    case "Swish":
      return {
        value: (x) => x * sigmoid(x),
        derivative: (x) => sigmoid(x) * (1 + x * sigmoid(-x)),
      };
    case "HardSwish": {
      const gate = hardSigmoid(1 / 6, 1 / 2);
      return {
        value: (x) => x * gate.value(x, 0),
        derivative: (x) => gate.value(x, 0) + x * gate.derivative(x, 0),
      };
    }
    case "HardSigmoid":
      return hardSigmoid(activation.alpha, activation.beta);
    case "Gelu":
      return activation.approximate === "tanh" ? geluTanh : gelu;
  }
}

function leaky(alpha: number): ScalarFunction {
  return { value: (x) => (x > 0 ? x : alpha * x), derivative: (x) => (x > 0 ? 1 : alpha) };
}

function elu(alpha: number, scale: number): ScalarFunction {
  return {
    value: (x) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
    derivative: (x) => scale * (x > 0 ? 1 : alpha * Math.exp(x)),
  };
}

function hardSigmoid(alpha: number, beta: number): ScalarFunction {
  return {
    value: (x) => Math.min(1, Math.max(0, alpha * x + beta)),
    derivative: (x) => (0 < alpha * x + beta && alpha * x + beta < 1 ? alpha : 0),
  };
}

/** In the form that never overflows. */
function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}

const gelu: ScalarFunction = {
  value: (x) => x * normalCdf(x),
  derivative: (x) => normalCdf(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
};

const geluTanh: ScalarFunction = {
  value: (x) => 0.5 * x * (1 + Math.tanh(tanhArgument(x))),
  derivative: (x) => {
    const t = Math.tanh(tanhArgument(x));
    const slope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope;
  },
};

function tanhArgument(x: number): number {
  return Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
}

function normalCdf(x: number): number {
  return 0.5 * (1 + erf(x * Math.SQRT1_2));
}

/**
 * `erf(x) = 2 / sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 ... (2n+1))`: every term has the sign of x, so
 * nothing cancels; the error is within 2e-15. Beyond 6 the result rounds to +-1.
 */
export function erf(x: number): number {
  if (Math.abs(x) >= 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return ((2 * Math.exp(-x * x)) / Math.sqrt(Math.PI)) * sum;
}
