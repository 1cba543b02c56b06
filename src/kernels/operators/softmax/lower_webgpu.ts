import { rowsOf } from "../../rows_of.js";
import { dispatch } from "../../webgpu/dispatch.js";
import { type Lowering, NOTHING } from "../../webgpu/lowering.js";
import type { Softmax } from "./spec.js";
import { softmaxForwardShader, softmaxVjpShader } from "./wgsl.js";

/** The vjp reads the step's own output. */
export const lowering: Lowering<Softmax> = {
  forward({ node, inputs, output }, { emit, value }) {
    const { rows, depth } = rowsOf(node.shape);
    const tensors = { x: value(inputs[0]), y: value(output) };
    emit(dispatch(node.name, softmaxForwardShader, { rows, depth }, tensors, { rows, tile: 1, times: 1 }));
    return NOTHING;
  },
  vjp({ node, inputs, output }, { emit, value, cotangent: gy, slots, into, varies }) {
    if (!varies(inputs[0])) return;
    const { rows, depth } = rowsOf(node.shape);
    const { target: gx, share, tensors, clamp } = into(inputs[0]);
    emit(
      dispatch(
        node.name,
        softmaxVjpShader(share),
        { rows, depth, ...clamp },
        { gy, y: value(output), gx, slots, ...tensors },
        { rows, tile: 1, times: 1 },
      ),
    );
  },
};
