import { type Activation, sizeOf } from "../../../network/spec.js";
import type { Kept } from "../forward.js";
import { entry, f32 } from "../tape.js";
import { scaleInto } from "./affine.js";
import type { Lowering } from "./lowering.js";

/** Kernel of each function that is not a clamp. */
const kernels = {
  LeakyRelu: "activation_leaky_relu",
  PRelu: "activation_prelu",
  ThresholdedRelu: "activation_thresholded_relu",
  Elu: "activation_elu",
  Selu: "activation_selu",
  Sigmoid: "activation_sigmoid",
  Tanh: "activation_tanh",
  Softplus: "activation_softplus",
  Softsign: "activation_softsign",
  Mish: "activation_mish",
  Swish: "activation_swish",
  HardSwish: "activation_hard_swish",
  HardSigmoid: "activation_hard_sigmoid",
} as const;

/** Functions without a mask: the forward pass keeps the derivative of every unit, the vjp multiplies by it. */
export const activation: Lowering<Activation> = {
  forward(step, { layout, emit, value, varies }): Kept {
    const { node } = step;
    const units = sizeOf(node.shape);
    const derivative = varies(step.inputs[0]) ? layout.reserve(4 * units + 16) : undefined;
    const slope = node.op === "PRelu" ? layout.place(node.slope) : undefined;
    const name =
      node.op === "Gelu"
        ? node.approximate === "tanh"
          ? "activation_gelu_tanh"
          : "activation_gelu"
        : kernels[node.op as keyof typeof kernels];
    emit(
      entry(name, node.name, Math.ceil(units / 1024), {
        x: value(step.inputs[0]),
        y: value(step.output),
        derivative: derivative ?? 0,
        units,
        alpha: f32("alpha" in node ? node.alpha : 0),
        beta: f32("beta" in node ? node.beta : 0),
        slope: slope ?? 0,
        period: node.op === "PRelu" ? node.slope.length : 1,
      }),
    );
    return derivative ? { derivative } : {};
  },
  vjp: (step, context) => scaleInto(step, context, context.kept.derivative, sizeOf(step.node.shape)),
};
