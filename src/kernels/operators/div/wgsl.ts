import { type ArithmeticStructure, operandParts } from "../../arithmetic/wgsl.js";
import { mapShader, type Shader } from "../../webgpu/shader.js";

/**
 * What the cotangent of a quotient is multiplied by on its way to the operands: `factor0 = 1 / b`, `factor1 = -a / b / b`,
 * operands repeated as broadcasting says.
 */
export function quotientFactorsShader(
  structure: Pick<ArithmeticStructure, "vector" | "repeatsA" | "repeatsB">,
): Shader<"units" | "aUnits" | "bUnits"> {
  const type = structure.vector ? "vec4f" : "f32";
  const { reads, a, b, suffix } = operandParts(structure);
  return mapShader<"aUnits" | "bUnits">({
    name: `quotient_factors${suffix}`,
    params: { aUnits: "u32", bUnits: "u32" },
    reads,
    writes: { factor0: type, factor1: type },
    extent: "images",
    body: `
  let divisor = ${b};
  factor0[at] = ${type}(1.0) / divisor;
  factor1[at] = -(${a} / divisor) / divisor;`,
  });
}
