import type { Tensor } from "@tensorflow/tfjs-core";
import type { AnyOperator, Node } from "../node.js";
import type { TfNamespace } from "../tfjs/namespace.js";
import { type Context, indicator, type MakeOperator, scaleCotangents } from "../tfjs/operator.js";

/** A function of one value and its derivative; formulas and kinks as in the operator's `reference.ts`. */
export interface ElementWise {
  value(x: Tensor): Tensor;
  derivative(x: Tensor, y: Tensor): Tensor;
}

export function elementWise<O extends AnyOperator>(
  functionOf: (node: Node<O>, context: Context) => ElementWise,
): MakeOperator<O> {
  return (node, context) => {
    const { tf } = context;
    const f = functionOf(node, context);
    return {
      forward: ([x]) => f.value(x),
      vjp: ([x], y, dy) => [scaleCotangents(tf, dy, f.derivative(x, y), x.shape[0])],
    };
  };
}

/** 1 where `x > bound`. */
export function isAbove(tf: TfNamespace, x: Tensor, bound: number): Tensor {
  return indicator(tf, tf.greater(x, bound));
}

/** 1 where `min < x < max`. */
export function isBetween(tf: TfNamespace, x: Tensor, min: number, max: number): Tensor {
  const above = Number.isFinite(min) ? indicator(tf, tf.greater(x, min)) : tf.onesLike(x);
  return Number.isFinite(max) ? tf.mul(above, indicator(tf, tf.less(x, max))) : above;
}

export function leaky(tf: TfNamespace, slope: Tensor | number): ElementWise {
  return {
    value: (x) => tf.add(tf.relu(x), tf.mul(slope, tf.minimum(x, 0))),
    derivative(x) {
      const above = indicator(tf, tf.greater(x, 0));
      return tf.add(above, tf.mul(slope, tf.sub(1, above)));
    },
  };
}

export function elu(tf: TfNamespace, alpha: number, scale: number): ElementWise {
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
export function softplus(tf: TfNamespace, x: Tensor): Tensor {
  return tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
}

export function hardSigmoid(tf: TfNamespace, alpha: number, beta: number): ElementWise {
  const line = (x: Tensor) => tf.add(tf.mul(alpha, x), beta);
  return {
    value: (x) => tf.minimum(tf.maximum(line(x), 0), 1),
    derivative: (x) => tf.mul(alpha, isBetween(tf, line(x), 0, 1)),
  };
}
