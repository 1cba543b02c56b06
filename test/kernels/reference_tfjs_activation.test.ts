import type * as Tf from "@tensorflow/tfjs";
import { beforeAll, describe, test } from "vitest";
import { type Activation, type Shape, sizeOf } from "../../src/network/spec.js";
import { ACTIVATIONS, prelu } from "../support/activations.js";
import { randomValues } from "../support/random_values.js";
import { singleNode } from "../support/single_node.js";
import { expectAgreement, floats, tf, u } from "../support/tfjs_agreement.js";

/** TensorFlow.js on its plain JavaScript backend, float32, is an independent implementation of the forwards. */
beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** The same function by tfjs's own kernels and layers. */
function tfActivation(activation: Activation, t: Tf.Tensor): Tf.Tensor {
  switch (activation.op) {
    case "Relu":
      return tf.relu(t);
    case "Clip":
      return tf.clipByValue(t, activation.min, activation.max);
    case "LeakyRelu":
      return tf.leakyRelu(t, activation.alpha);
    case "PRelu":
      return tf.prelu(
        t,
        tf.tensor(activation.slope, activation.slope.length === sizeOf(t.shape) ? t.shape : undefined),
      );
    case "ThresholdedRelu":
      return tf.layers.thresholdedReLU({ theta: activation.alpha }).apply(t) as Tf.Tensor;
    case "Elu":
      return tf.add(tf.relu(t), tf.mul(tf.elu(tf.minimum(t, 0)), activation.alpha));
    case "Selu":
      return tf.selu(t);
    case "Sigmoid":
      return tf.sigmoid(t);
    case "Tanh":
      return tf.tanh(t);
    case "Softplus":
      return tf.softplus(t);
    case "Softsign":
      return tf.layers.activation({ activation: "softsign" }).apply(t) as Tf.Tensor;
    case "Mish":
      return tf.layers.activation({ activation: "mish" }).apply(t) as Tf.Tensor;
    case "Swish":
      return tf.layers.activation({ activation: "swish" }).apply(t) as Tf.Tensor;
    case "HardSwish":
      return tf.mul(t, tf.div(tf.relu6(tf.add(t, 3)), 6));
    case "HardSigmoid":
      return tf.clipByValue(tf.add(tf.mul(t, activation.alpha), activation.beta), 0, 1);
    case "Gelu": {
      if (activation.approximate === "none")
        // tfjs's own erf is a polynomial, good to 1.5e-7 of 1: the bound below allows for x times that.
        return tf.mul(tf.mul(t, 0.5), tf.add(tf.erf(tf.mul(t, Math.SQRT1_2)), 1));
      return tf.layers.activation({ activation: "gelu_new" }).apply(t) as Tf.Tensor;
    }
  }
}

describe("activation against tfjs", () => {
  const activationShape: Shape = [3, 5, 7];
  test.each([...ACTIVATIONS, prelu(activationShape, "channel"), prelu(activationShape, "unit")])(
    "%o",
    (activation) => {
      const x = floats(randomValues(7), sizeOf(activationShape), 8);
      const node = singleNode(activation, activationShape);
      const erfError = activation.op === "Gelu" && activation.approximate === "none" ? 1.5e-7 / 2 : 0;
      expectAgreement(
        node,
        [x],
        (t) => tfActivation(activation, t),
        (i) => (16 * u + erfError) * Math.max(1, Math.abs(x[i])),
      );
    },
  );
});
