import type * as Tf from "@tensorflow/tfjs";
import { beforeAll, describe, test } from "vitest";
import { testing } from "../../src/kernels/operators/testing.generated.js";
import { type OperatorNamed, type OpName, sizeOf } from "../../src/network/spec.js";
import { randomValues } from "../support/random_values.js";
import { singleNode } from "../support/single_node.js";
import { expectAgreement, floats, forward, tf, u } from "../support/tfjs_agreement.js";

/** TensorFlow.js on its plain JavaScript backend, float32, is an independent implementation of the forwards. */
beforeAll(async () => {
  await tf.setBackend("cpu");
});

type Functions = { readonly [N in OpName]?: (operator: OperatorNamed<N>, t: Tf.Tensor) => Tf.Tensor };

/** The same function by tfjs's own kernels and layers, where they have it. */
const byTfjs: Functions = {
  Relu: (_, t) => tf.relu(t),
  Clip: ({ min, max }, t) => tf.clipByValue(t, min, max),
  LeakyRelu: ({ alpha }, t) => tf.leakyRelu(t, alpha),
  PRelu: ({ slope }, t) =>
    tf.prelu(t, tf.tensor(slope, slope.length === sizeOf(t.shape) ? t.shape : undefined)),
  ThresholdedRelu: ({ alpha }, t) => tf.layers.thresholdedReLU({ theta: alpha }).apply(t) as Tf.Tensor,
  Elu: ({ alpha }, t) => tf.add(tf.relu(t), tf.mul(tf.elu(tf.minimum(t, 0)), alpha)),
  Selu: (_, t) => tf.selu(t),
  Sigmoid: (_, t) => tf.sigmoid(t),
  Tanh: (_, t) => tf.tanh(t),
  Softplus: (_, t) => tf.softplus(t),
  Softsign: (_, t) => tf.layers.activation({ activation: "softsign" }).apply(t) as Tf.Tensor,
  Mish: (_, t) => tf.layers.activation({ activation: "mish" }).apply(t) as Tf.Tensor,
  Swish: (_, t) => tf.layers.activation({ activation: "swish" }).apply(t) as Tf.Tensor,
  HardSwish: (_, t) => tf.mul(t, tf.div(tf.relu6(tf.add(t, 3)), 6)),
  HardSigmoid: ({ alpha, beta }, t) => tf.clipByValue(tf.add(tf.mul(t, alpha), beta), 0, 1),
  Gelu: ({ approximate }, t) =>
    approximate === "none"
      ? // tfjs's own erf is a polynomial, good to 1.5e-7 of 1: the bound below allows for x times that.
        tf.mul(tf.mul(t, 0.5), tf.add(tf.erf(tf.mul(t, Math.SQRT1_2)), 1))
      : (tf.layers.activation({ activation: "gelu_new" }).apply(t) as Tf.Tensor),
  Exp: (_, t) => tf.exp(t),
  Log: (_, t) => tf.log(t),
  Sqrt: (_, t) => tf.sqrt(t),
  Reciprocal: (_, t) => tf.reciprocal(t),
  Pow: ({ exponent }, t) => tf.pow(t, exponent),
  Abs: (_, t) => tf.abs(t),
  Neg: (_, t) => tf.neg(t),
  Sign: (_, t) => tf.sign(t),
  Erf: (_, t) => tf.erf(t),
};

const cases = (Object.keys(byTfjs) as OpName[]).flatMap((op) =>
  testing[op].samples.map(({ operator, shapes }) => ({ op, operator, shape: shapes[0] })),
);

describe("element-wise functions against tfjs", () => {
  test.each(cases)("$operator", ({ op, operator, shape }) => {
    const [low, high] = testing[op].domain?.(0) ?? [-8, 8];
    const x = floats(randomValues(7), sizeOf(shape), 1).map((v) => low + ((v + 1) / 2) * (high - low));
    const node = singleNode(operator, shape);
    const halves = { Gelu: operator.op === "Gelu" && operator.approximate === "none" ? 1 : 0, Erf: 2 };
    const erfError = ((halves as Record<string, number>)[op] ?? 0) * (1.5e-7 / 2);
    const largest = forward(node, x).map(Math.abs);
    const oracle = byTfjs[op] as (of: typeof operator, t: Tf.Tensor) => Tf.Tensor;
    expectAgreement(
      node,
      [x],
      (t) => oracle(operator, t),
      (i) => (16 * u + erfError) * Math.max(1, Math.abs(x[i]), largest[i]),
    );
  });
});
