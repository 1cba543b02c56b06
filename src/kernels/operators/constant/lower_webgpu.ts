import { dispatch, perUnit } from "../../webgpu/dispatch.js";
import { type Lowering, NOTHING } from "../../webgpu/lowering.js";
import type { Constant } from "./spec.js";
import { constantShader } from "./wgsl.js";

/** Written for every image. */
export const lowering: Lowering<Constant> = {
  forward(step, { emit, value, constant }) {
    const { name, data } = step.node;
    const y = value(step.output);
    const tensors = { data: constant(name, data), y };
    emit(dispatch(name, constantShader, { units: y.units }, tensors, perUnit(y.units)));
    return NOTHING;
  },
  vjp() {},
};
