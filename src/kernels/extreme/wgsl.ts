import { type ArithmeticStructure, operandParts } from "../arithmetic/wgsl.js";
import { mapShader, type Shader } from "../webgpu/shader.js";

export interface WinnersStructure extends Pick<ArithmeticStructure, "vector" | "repeatsA" | "repeatsB"> {
  readonly name: "max" | "min";
}

/** Who of two operands gets the cotangent: `factor0` is 1 where the first wins, a tie included, else `factor1` is. */
export function winnersShader(structure: WinnersStructure): Shader<"units" | "aUnits" | "bUnits"> {
  const type = structure.vector ? "vec4f" : "f32";
  const { reads, a, b, suffix } = operandParts(structure);
  return mapShader<"aUnits" | "bUnits">({
    name: `winners_${structure.name}${suffix}`,
    params: { aUnits: "u32", bUnits: "u32" },
    reads,
    writes: { factor0: type, factor1: type },
    extent: "images",
    body: `
  let first = ${a} ${structure.name === "max" ? ">=" : "<="} ${b};
  factor0[at] = select(${type}(), ${type}(1.0), first);
  factor1[at] = select(${type}(1.0), ${type}(), first);`,
  });
}
