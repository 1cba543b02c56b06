import { type Element, mapShader, type Shader } from "../webgpu/shader.js";
import { type FunctionName, functions } from "./wgsl_functions.js";
import { series } from "./wgsl_series.js";

export interface ActivationStructure {
  readonly name: FunctionName;
  /** Units, and the period of slopes, are multiples of four: an element is four of them. */
  readonly vector: boolean;
  /** Writes the derivative too, for the vjp. */
  readonly keepsDerivative: boolean;
}

/**
 * Element-wise functions (`reference.ts`) and their derivatives. PRelu's slope at unit u is `slope[u mod period]`; the
 * others read `alpha` and `beta`.
 *
 * Error, with quotients within 2.5 units in the last place, u = 2^-24: <= 16 u max(1, |alpha|) |y| + 2^-117 for y (for
 * gelu with tanh, hard swish and hard sigmoid 16 u max(1, |x|)), <= 16 u max(1, |alpha|) for the derivative.
 */
export function activationShader({
  name,
  vector,
  keepsDerivative,
}: ActivationStructure): Shader<"units" | "alpha" | "beta" | "period"> {
  const type = vector ? "vec4f" : "f32";
  const isPRelu = name === "PRelu";
  const reads: Record<string, Element> = { x: type, ...(isPRelu && { slope: type }) };
  return mapShader<"alpha" | "beta" | "period">({
    name: `activation_${name}${vector ? "_c4" : ""}${keepsDerivative ? "_derivative" : ""}`,
    params: { alpha: "f32", beta: "f32", period: "u32" },
    reads,
    writes: { y: type, ...(keepsDerivative && { derivative: type }) },
    extent: "images",
    declarations: `
alias T = ${type};
alias I = ${vector ? "vec4i" : "i32"};
alias N = ${vector ? "vec4u" : "u32"};
${series}
struct Result { value: T, derivative: T }
fn f(x: T, alpha: T, beta: T) -> Result {${functions[name]}
}`,
    body: `
  let found = f(x[at], ${isPRelu ? "slope[u % p.period]" : "T(p.alpha)"}, T(p.beta));
  y[at] = found.value;
${keepsDerivative ? "  derivative[at] = found.derivative;" : ""}`,
  });
}
