import { pairs } from "../../arithmetic/lower_webgpu.js";
import { sizeOf } from "../../node.js";
import { dispatch, perUnit } from "../../webgpu/dispatch.js";
import type { Div } from "./spec.js";
import { quotientFactorsShader } from "./wgsl.js";

/** The forward step keeps `1 / b` and `-a / b / b`. */
export const lowering = pairs<Div>({
  name: "div",
  operator: "/",
  factors: ["kept", "kept"],
  keep({ node }, { structure, params, tensors }, { emit, keep }) {
    const units = sizeOf(node.shape);
    const factor0 = keep(`reciprocal of ${node.name}`, units);
    const factor1 = keep(`slope of ${node.name}`, units);
    const shader = quotientFactorsShader(structure);
    const kept = { ...tensors, factor0, factor1 };
    emit({ ...dispatch(node.name, shader, params, kept, perUnit(params.units)), scores: null });
    return { factor0, factor1 };
  },
});
