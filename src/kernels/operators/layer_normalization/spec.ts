import { checkFinite, checkValues, rejectNode } from "../../checks.js";
import {
  CHANGES_VALUES,
  type ChannelAffine,
  FOLDS_NOTHING,
  FUSES_NOTHING,
  mixes,
  type OperatorFacts,
} from "../../facts.js";
import type { Node } from "../../node.js";
import { rowsOfPart } from "../../part.js";

/**
 * Normalisation of the last axis to mean 0 and variance 1, then a factor and an offset for each place of it:
 * `scale (x - mean) / sqrt(variance + epsilon) + bias`.
 */
export interface LayerNormalization {
  readonly op: "LayerNormalization";
  /** Above 0. */
  readonly epsilon: number;
  /** Default: ones. */
  readonly scale?: Float32Array;
  /** Default: zeros. */
  readonly bias?: Float32Array;
}

export const facts: OperatorFacts<LayerNormalization> = {
  inputs: [1, 1],
  shape(node, [input]) {
    if (input.length === 0) rejectNode(node, "input is a scalar, expected an axis to normalise");
    checkFinite(node, "epsilon", node.epsilon);
    if (node.epsilon <= 0) rejectNode(node, `epsilon is ${node.epsilon}, expected a positive number`);
    const depth = input[input.length - 1];
    for (const name of ["scale", "bias"] as const) {
      const values = node[name];
      if (values !== undefined) checkValues(node, name, values, depth, "length of the last axis");
    }
    return input;
  },
  weights: ({ scale, bias }) => [scale, bias].flatMap((values) => (values ? [values] : [])),
  multiplyAdds: () => 0,
  ...CHANGES_VALUES,
  ...FOLDS_NOTHING,
  narrowed: (node, part) => ({
    node,
    part: rowsOfPart(part, node.shape),
    inputs: [rowsOfPart(part, node.inputShapes[0])],
  }),
  absorbsAffine: scaledAndMoved,
  ...FUSES_NOTHING,
  channelwise: false,
  liveness: mixes,
};

/**
 * The node with affine functions of the last axis folded into its scale and bias, composed in float64; undefined if float32
 * cannot hold them.
 */
function scaledAndMoved(
  node: Node<LayerNormalization>,
  affines: readonly ChannelAffine[],
): Node<LayerNormalization> | undefined {
  const depth = node.shape[node.shape.length - 1];
  const scale = Float64Array.from({ length: depth }, (_, i) => node.scale?.[i] ?? 1);
  const bias = Float64Array.from({ length: depth }, (_, i) => node.bias?.[i] ?? 0);
  for (const affine of affines)
    for (let i = 0; i < depth; i++) {
      scale[i] *= affine.scale[i];
      bias[i] = affine.scale[i] * bias[i] + affine.offset[i];
    }
  const rounded = { scale: Float32Array.from(scale), bias: Float32Array.from(bias) };
  if (![...rounded.scale, ...rounded.bias].every(Number.isFinite)) return undefined;
  return { ...node, ...rounded };
}
