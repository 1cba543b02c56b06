import { checkInteger, checkIntegers, checkRank, checkValues, rejectNode } from "../../checks.js";
import { convWork } from "../../conv/geometry.js";
import { CHANGES_VALUES, FOLDS_NOTHING, FUSES_NOTHING, mixes, type OperatorFacts } from "../../facts.js";
import { scaledLayer } from "../../layer.js";
import type { NodeSpec, Pads, Pair, Shape } from "../../node.js";
import { windowPositions } from "../../window.js";

/**
 * 2-D convolution. `weights` is HWIO: `[kernel[0]][kernel[1]][C / groups][filters]`; output channel `o` belongs
 * to group `floor(o / (filters / groups))`. A depthwise convolution is `groups === C`, output channel
 * `c * multiplier + m`. `pads` are always explicit (SAME and VALID are resolved by the importer).
 */
export interface Conv {
  readonly op: "Conv";
  readonly weights: Float32Array;
  readonly bias?: Float32Array;
  readonly filters: number;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
  readonly groups: number;
}

export const facts: OperatorFacts<Conv> = {
  inputs: [1, 1],
  shape: convShape,
  weights: ({ weights, bias }) => (bias ? [weights, bias] : [weights]),
  multiplyAdds: convWork,
  ...CHANGES_VALUES,
  ...FOLDS_NOTHING,
  absorbsPads: (node, pads) => ({
    ...node,
    pads: node.pads.map((pad, side) => pad + pads[side]) as unknown as Pads,
  }),
  absorbsAffine: scaledLayer,
  ...FUSES_NOTHING,
  takesClamp: true,
  // Convolutions of each channel by itself have kernels without a residual.
  takesResidual: ({ groups, inputShapes }) => groups === 1 || groups < inputShapes[0][2],
  channelwise: false,
  liveness: mixes,
};

function convShape(node: NodeSpec<Conv>, [input]: readonly Shape[]): Shape {
  checkRank(node, input, 3, "HxWxC");
  const channels = input[2];
  const { filters, groups, kernel } = node;
  checkInteger(node, "filters", filters, 1);
  checkIntegers(node, "kernel", kernel, 2, 1);
  checkIntegers(node, "strides", node.strides, 2, 1);
  checkIntegers(node, "dilations", node.dilations, 2, 1);
  checkIntegers(node, "pads", node.pads, 4, 0);
  checkInteger(node, "groups", groups, 1);
  if (channels % groups !== 0 || filters % groups !== 0)
    rejectNode(
      node,
      `groups is ${groups}, expected a divisor of ${channels} input channels and ${filters} filters`,
    );
  const layout = [kernel[0], kernel[1], channels / groups, filters];
  checkValues(node, "weights", node.weights, layout[0] * layout[1] * layout[2] * layout[3], layout.join("x"));
  if (node.bias !== undefined) checkValues(node, "bias", node.bias, filters, "filters");
  return [...windowPositions(node, node, input), filters];
}
