import { clampCode } from "../webgpu/not_a_number.js";
import { type Element, mapShader, type Shader } from "../webgpu/shader.js";

export interface ArithmeticStructure {
  /** What the kernel is called, and the WGSL operator; NaN if either operand of `max` or `min` is. */
  readonly name: string;
  readonly operator: "+" | "-" | "*" | "/" | "max" | "min";
  /** Units are four to an element; a repeated operand is repeated by aligned fours. */
  readonly vector: boolean;
  /** The operand is repeated: unit u of the output reads the one that its index says. */
  readonly repeatsA: boolean;
  readonly repeatsB: boolean;
}

/**
 * `y = clamp(a op b, low, high)`, operands repeated as broadcasting says; NaN stays NaN. `aUnits` and `bUnits` are the
 * elements of an operand for an image.
 */
export function arithmeticForwardShader({
  name,
  operator,
  vector,
  repeatsA,
  repeatsB,
}: ArithmeticStructure): Shader<"units" | "aUnits" | "bUnits" | "low" | "high"> {
  const type = vector ? "vec4f" : "f32";
  const { reads, a, b, suffix } = operandParts({ vector, repeatsA, repeatsB });
  return mapShader<"aUnits" | "bUnits" | "low" | "high">({
    name: `arithmetic_${name}${suffix}`,
    params: { aUnits: "u32", bUnits: "u32", low: "f32", high: "f32" },
    reads,
    writes: { y: type },
    extent: "images",
    declarations: clampCode(type),
    body: `
  let first = ${a};
  let second = ${b};
  y[at] = clamped(${combined(operator)});`,
  });
}

/** Of `first` and `second`. Where one is NaN, so is their sum. */
function combined(operator: ArithmeticStructure["operator"]): string {
  if (operator !== "max" && operator !== "min") return `first ${operator} second`;
  const beats = operator === "max" ? ">" : "<";
  return `select(select(first, second, second ${beats} first), first + second, is_nan(first) | is_nan(second))`;
}

/** Buffers of two operands, their values at unit u of image n as WGSL expressions, and what a kernel's name says of them. */
export function operandParts({
  vector,
  repeatsA,
  repeatsB,
}: Pick<ArithmeticStructure, "vector" | "repeatsA" | "repeatsB">) {
  const type = vector ? "vec4f" : "f32";
  const reads: Record<string, Element> = {
    a: type,
    b: type,
    ...(repeatsA && { aIndex: "i32" as const }),
    ...(repeatsB && { bIndex: "i32" as const }),
  };
  const operand = (name: "a" | "b", repeats: boolean) =>
    `${name}[n * p.${name}Units + ${repeats ? `u32(${name}Index[u])` : "u"}]`;
  return {
    reads,
    a: operand("a", repeatsA),
    b: operand("b", repeatsB),
    suffix: `${vector ? "_c4" : ""}${repeatsA ? "_repeated_a" : ""}${repeatsB ? "_repeated_b" : ""}`,
  };
}
