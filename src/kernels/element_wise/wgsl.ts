import { isNanCode } from "../webgpu/not_a_number.js";
import { type Element, mapShader, type Shader } from "../webgpu/shader.js";
import { series } from "./wgsl_series.js";

/** A function for WGSL. */
export interface WgslFunction {
  /** What the kernel is called, in `snake_case`. */
  readonly name: string;
  /**
   * Body of `fn f(x: T, alpha: T, beta: T) -> Result`: value and derivative, in forms that neither overflow nor cancel. An
   * infinite x gives the limits. T is `f32` or `vec4f`; `wgsl_series.ts` has what it may call.
   */
  readonly body: string;
}

export interface ElementWiseStructure {
  readonly function: WgslFunction;
  /** alpha is a value for each unit, `slope[u mod period]`. */
  readonly slopes: boolean;
  /** Units, and the period of slopes, are multiples of four: an element is four of them. */
  readonly vector: boolean;
  /** Writes the derivative too, for the vjp. */
  readonly keepsDerivative: boolean;
}

/**
 * Element-wise functions (`reference.ts` of each operator) and their derivatives.
 *
 * Error, with quotients within 2.5 units in the last place, u = 2^-24: <= 16 u max(1, |alpha|) |y| + 2^-117 for y (for
 * gelu with tanh, hard swish and hard sigmoid 16 u max(1, |x|)), <= 16 u max(1, |alpha|) for the derivative. Where that is not
 * bounded (exp, log, sqrt, reciprocal, powers), of max(1, |f'|); powers say for themselves how much worse they are.
 */
export function elementWiseShader({
  function: { name, body },
  slopes,
  vector,
  keepsDerivative,
}: ElementWiseStructure): Shader<"units" | "alpha" | "beta" | "period"> {
  const type = vector ? "vec4f" : "f32";
  const reads: Record<string, Element> = { x: type, ...(slopes && { slope: type }) };
  return mapShader<"alpha" | "beta" | "period">({
    name: `element_wise_${name}${slopes ? "_slopes" : ""}${vector ? "_c4" : ""}${keepsDerivative ? "_derivative" : ""}`,
    params: { alpha: "f32", beta: "f32", period: "u32" },
    reads,
    writes: { y: type, ...(keepsDerivative && { derivative: type }) },
    extent: "images",
    declarations: `
alias T = ${type};
alias I = ${vector ? "vec4i" : "i32"};
alias N = ${vector ? "vec4u" : "u32"};
${isNanCode(type)}
${series}
struct Result { value: T, derivative: T }
fn f(x: T, alpha: T, beta: T) -> Result {${body}
}`,
    body: `
  let given = x[at];
  let found = f(given, ${slopes ? "slope[u % p.period]" : "T(p.alpha)"}, T(p.beta));
  // Whatever a compiler makes of the function's comparisons.
  y[at] = select(found.value, given, is_nan(given));
${keepsDerivative ? "  derivative[at] = select(found.derivative, given, is_nan(given));" : ""}`,
  });
}
