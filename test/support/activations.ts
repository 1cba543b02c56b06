import type { Activation, Shape } from "../../src/network/spec.js";
import { sizeOf } from "../../src/network/spec.js";

/** One of each activation, with the parameter values that networks use and one odd choice where there are two. */
export const ACTIVATIONS: readonly Activation[] = [
  { op: "Relu" },
  { op: "Clip", min: 0, max: 6 },
  { op: "Clip", min: -0.5, max: 0.75 },
  { op: "LeakyRelu", alpha: 0.25 },
  { op: "LeakyRelu", alpha: 0 },
  { op: "PRelu", slope: Float32Array.of(0.125) },
  { op: "ThresholdedRelu", alpha: 0.5 },
  { op: "Elu", alpha: 1 },
  { op: "Elu", alpha: 0.5 },
  { op: "Selu" },
  { op: "Sigmoid" },
  { op: "Tanh" },
  { op: "Softplus" },
  { op: "Softsign" },
  { op: "Mish" },
  { op: "Swish" },
  { op: "HardSwish" },
  { op: "HardSigmoid", alpha: 0.25, beta: 0.5 },
  { op: "HardSigmoid", alpha: 1 / 6, beta: 0.5 },
  { op: "Gelu", approximate: "none" },
  { op: "Gelu", approximate: "tanh" },
];

/** PRelu with a slope for each channel or each unit of `shape`; one of them negative, one zero, one above 1. */
export function prelu(shape: Shape, per: "channel" | "unit"): Activation {
  const count = per === "channel" ? shape[shape.length - 1] : sizeOf(shape);
  const slopes = [0.25, -0.5, 0, 1.5, 0.125];
  return { op: "PRelu", slope: Float32Array.from({ length: count }, (_, i) => slopes[i % slopes.length]) };
}
