import { rowsOf } from "../../rows_of.js";
import { dispatch } from "../../webgpu/dispatch.js";
import { type Lowering, NOTHING } from "../../webgpu/lowering.js";
import type { LayerNormalization } from "./spec.js";
import { layerNormalizationShader, layerNormalizationVjpShader } from "./wgsl.js";

export const lowering: Lowering<LayerNormalization> = {
  forward({ node, inputs, output }, { emit, value, constant, keep, varies }) {
    const { rows, depth } = rowsOf(node.shape);
    const scale = constant(`scale of ${node.name}`, node.scale ?? new Float32Array(depth).fill(1));
    const bias = constant(`bias of ${node.name}`, node.bias ?? new Float32Array(depth));
    // Of a row what it is normalised to, and its rate.
    const kept = varies(inputs[0]) ? keep(`normalised ${node.name}`, rows * (depth + 1)) : undefined;
    const made = (keeps: boolean) =>
      dispatch(
        node.name,
        layerNormalizationShader(keeps),
        { rows, depth, epsilon: node.epsilon },
        { x: value(inputs[0]), scale, bias, y: value(output), kept },
        { rows, tile: 1, times: 1 },
      );
    emit(kept ? { ...made(true), scores: made(false) } : made(false));
    return kept ? { kept, scale } : NOTHING;
  },
  vjp({ node, inputs }, { emit, kept: { kept, scale }, cotangent: gy, slots, into, varies }) {
    if (!varies(inputs[0])) return;
    const { rows, depth } = rowsOf(node.shape);
    const { target: gx, share, tensors, clamp } = into(inputs[0]);
    emit(
      dispatch(
        node.name,
        layerNormalizationVjpShader(share),
        { rows, depth, ...clamp },
        { gy, kept, scale, gx, slots, ...tensors },
        { rows, tile: 1, times: 1 },
      ),
    );
  },
};
