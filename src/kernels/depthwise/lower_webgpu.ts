import type { ConvAttributes } from "../conv/geometry.js";
import { type AnyOperator, type Node, UNCLAMPED } from "../node.js";
import { dispatch, perUnit } from "../webgpu/dispatch.js";
import type { Lowering } from "../webgpu/lowering.js";
import { windowFields } from "../webgpu/window_fields.js";
import { COLUMNS, depthwiseForwardShader } from "./wgsl_forward.js";
import { depthwiseVjpShader } from "./wgsl_vjp.js";

type ConvNode = Node<AnyOperator & ConvAttributes>;

/** Convolutions of each channel by itself, any number of filters a channel: weights `[tap][filter]`, as in HWIO. */
export const depthwise: Lowering<AnyOperator & ConvAttributes> = {
  forward(step, { emit, value, constant }) {
    const { node } = step;
    const { vector, fields } = geometry(node);
    const filters = vector ? node.filters / 4 : node.filters;
    const units = node.shape[0] * Math.ceil(node.shape[1] / COLUMNS) * filters;
    const weights = constant(`weights of ${node.name}`, node.weights);
    const bias = constant(`bias of ${node.name}`, node.bias ?? new Float32Array(node.filters));
    const [x, y] = [value(step.inputs[0]), value(step.output)];
    const clamp = step.clamp ?? UNCLAMPED;
    emit(
      dispatch(
        node.name,
        depthwiseForwardShader({ vector }),
        { units, ...fields, ...clamp },
        { x, weights, bias, y },
        perUnit(units),
      ),
    );
    return { weights };
  },
  vjp(step, { emit, kept, cotangent: gy, into, varies }) {
    const { node } = step;
    const [input] = step.inputs;
    if (!varies(input)) return;
    const { vector, fields } = geometry(node);
    const blocks = node.strides[1] * Math.ceil(fields.width / (COLUMNS * node.strides[1]));
    const units = fields.height * blocks * fields.channels;
    const [tapStepHeight, tapStepWidth] = [0, 1].map(
      (axis) => node.strides[axis] / greatestCommonDivisor(node.strides[axis], node.dilations[axis]),
    );
    const { target: gx, share, tensors, clamp } = into(input);
    emit(
      dispatch(
        node.name,
        depthwiseVjpShader({ vector, share }),
        { units, ...fields, tapStepHeight, tapStepWidth, ...clamp },
        { gy, weights: kept.weights, gx, ...tensors },
        perUnit(units),
      ),
    );
  },
};

function geometry(node: ConvNode) {
  const channels = node.inputShapes[0][2];
  const vector = node.filters === channels && channels % 4 === 0;
  const fields = {
    ...windowFields(node, vector),
    multiplier: node.filters / channels,
    dilationHeight: node.dilations[0],
    dilationWidth: node.dilations[1],
  };
  return { vector, fields };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
