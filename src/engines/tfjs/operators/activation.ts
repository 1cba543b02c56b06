import type { Tensor } from "@tensorflow/tfjs-core";
import type { Activation, Node } from "../../../network/spec.js";
import type { TfNamespace } from "../namespace.js";
import { type Context, indicator, type MakeOperator, scaleCotangents } from "./operator.js";

/** A function of one value and its derivative; formulas and kinks as in `kernels/activation/reference.ts`. */
interface ElementWise {
  value(x: Tensor): Tensor;
  derivative(x: Tensor, y: Tensor): Tensor;
}

export const makeActivation: MakeOperator<Activation> = (node, context) => {
  const { tf } = context;
  const f = elementWise(node, context);
  return {
    forward: ([x]) => f.value(x),
    vjp: ([x], y, dy) => [scaleCotangents(tf, dy, f.derivative(x, y), x.shape[0])],
  };
};

function elementWise(node: Node<Activation>, { tf, constant }: Context): ElementWise {
  const isAbove = (x: Tensor, bound: number) => indicator(tf, tf.greater(x, bound));
  const sigmoidSlope = (x: Tensor) => tf.mul(tf.sigmoid(x), tf.sigmoid(tf.neg(x)));
  switch (node.op) {
    case "Relu":
      return { value: (x) => tf.relu(x), derivative: (x) => isAbove(x, 0) };
    case "Clip": {
      const { min, max } = node;
      return {
        value: (x) => clip(tf, x, min, max),
        derivative: (x) => isBetween(tf, x, min, max),
      };
    }
    case "LeakyRelu":
      return leaky(tf, node.alpha);
    case "PRelu":
      // One slope a unit has the shape of the input; one a channel lies along the last axis.
      return leaky(
        tf,
        constant(
          node.slope,
          node.slope.length === 1 || node.slope.length === node.shape[node.shape.length - 1]
            ? [node.slope.length]
            : node.shape,
        ),
      );
    case "ThresholdedRelu": {
      const { alpha } = node;
      return { value: (x) => tf.mul(x, isAbove(x, alpha)), derivative: (x) => isAbove(x, alpha) };
    }
    case "Elu":
      return elu(tf, node.alpha, 1);
    case "Selu":
      return elu(tf, 1.6732632423543772, 1.0507009873554805);
    case "Sigmoid":
      return { value: (x) => tf.sigmoid(x), derivative: sigmoidSlope };
    case "Tanh":
      return { value: (x) => tf.tanh(x), derivative: (_x, y) => tf.sub(1, tf.square(y)) };
    case "Softplus":
      return { value: (x) => softplus(tf, x), derivative: (x) => tf.sigmoid(x) };
    case "Softsign": {
      const denominator = (x: Tensor) => tf.add(1, tf.abs(x));
      return {
        value: (x) => tf.div(x, denominator(x)),
        derivative: (x) => tf.div(1, tf.square(denominator(x))),
      };
    }
    case "Mish":
      return {
        value: (x) => tf.mul(x, tf.tanh(softplus(tf, x))),
        derivative(x) {
          const t = tf.tanh(softplus(tf, x));
          return tf.add(t, tf.mul(tf.mul(x, tf.sub(1, tf.square(t))), tf.sigmoid(x)));
        },
      };
    case "Swish":
      return {
        value: (x) => tf.mul(x, tf.sigmoid(x)),
        derivative: (x) => tf.mul(tf.sigmoid(x), tf.add(1, tf.mul(x, tf.sigmoid(tf.neg(x))))),
      };
    case "HardSwish": {
      const gate = hardSigmoid(tf, 1 / 6, 0.5);
      return {
        value: (x) => tf.mul(x, gate.value(x)),
        derivative: (x) => tf.add(gate.value(x), tf.mul(x, gate.derivative(x, x))),
      };
    }
    case "HardSigmoid":
      return hardSigmoid(tf, node.alpha, node.beta);
    case "Gelu":
      return node.approximate === "tanh" ? geluTanh(tf) : gelu(tf);
  }
}

function clip(tf: TfNamespace, x: Tensor, min: number, max: number): Tensor {
  const above = Number.isFinite(min) ? tf.maximum(x, min) : x;
  if (Number.isFinite(max)) return tf.minimum(above, max);
  return above === x ? tf.clone(x) : above;
}

/** 1 where `min < x < max`. */
function isBetween(tf: TfNamespace, x: Tensor, min: number, max: number): Tensor {
  const above = Number.isFinite(min) ? indicator(tf, tf.greater(x, min)) : tf.onesLike(x);
  return Number.isFinite(max) ? tf.mul(above, indicator(tf, tf.less(x, max))) : above;
}

function leaky(tf: TfNamespace, slope: Tensor | number): ElementWise {
  return {
    value: (x) => tf.add(tf.relu(x), tf.mul(slope, tf.minimum(x, 0))),
    derivative(x) {
      const above = indicator(tf, tf.greater(x, 0));
      return tf.add(above, tf.mul(slope, tf.sub(1, above)));
    },
  };
}

function elu(tf: TfNamespace, alpha: number, scale: number): ElementWise {
  return {
    value: (x) => tf.add(tf.mul(scale, tf.relu(x)), tf.mul(scale * alpha, tf.expm1(tf.minimum(x, 0)))),
    derivative(x) {
      const above = indicator(tf, tf.greater(x, 0));
      const below = tf.mul(tf.sub(1, above), tf.exp(tf.minimum(x, 0)));
      return tf.add(tf.mul(scale, above), tf.mul(scale * alpha, below));
    },
  };
}

/** In the form that never overflows. */
function softplus(tf: TfNamespace, x: Tensor): Tensor {
  return tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
}

function hardSigmoid(tf: TfNamespace, alpha: number, beta: number): ElementWise {
  const line = (x: Tensor) => tf.add(tf.mul(alpha, x), beta);
  return {
    value: (x) => tf.minimum(tf.maximum(line(x), 0), 1),
    derivative: (x) => tf.mul(alpha, isBetween(tf, line(x), 0, 1)),
  };
}

function gelu(tf: TfNamespace): ElementWise {
  const normalCdf = (x: Tensor) => tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
  return {
    value: (x) => tf.mul(x, normalCdf(x)),
    derivative: (x) =>
      tf.add(normalCdf(x), tf.mul(tf.mul(x, tf.exp(tf.mul(-0.5, tf.square(x)))), 1 / Math.sqrt(2 * Math.PI))),
  };
}

function geluTanh(tf: TfNamespace): ElementWise {
  const c = Math.sqrt(2 / Math.PI);
  const tanhOf = (x: Tensor) => tf.tanh(tf.mul(tf.mul(c, x), tf.add(1, tf.mul(0.044715, tf.square(x)))));
  return {
    value: (x) => tf.mul(tf.mul(0.5, x), tf.add(1, tanhOf(x))),
    derivative(x) {
      const t = tanhOf(x);
      const slope = tf.mul(c, tf.add(1, tf.mul(3 * 0.044715, tf.square(x))));
      const bend = tf.mul(tf.mul(tf.mul(0.5, x), tf.sub(1, tf.square(t))), slope);
      return tf.add(tf.mul(0.5, tf.add(1, t)), bend);
    },
  };
}
