import { checkInteger, checkValues } from "../../checks.js";
import { CHANGES_VALUES, FOLDS_NOTHING, FUSES_NOTHING, mixes, type OperatorFacts } from "../../facts.js";
import { scaledLayer } from "../../layer.js";
import { type NodeSpec, type Shape, sizeOf } from "../../node.js";
import { rowsOfPart } from "../../part.js";

/** Dense layer on the last axis: `y = x W + b`, `weights` is `[inputs][units]`. */
export interface Gemm {
  readonly op: "Gemm";
  readonly weights: Float32Array;
  readonly bias?: Float32Array;
  readonly units: number;
}

export const facts: OperatorFacts<Gemm> = {
  inputs: [1, 1],
  shape: gemmShape,
  weights: ({ weights, bias }) => (bias ? [weights, bias] : [weights]),
  multiplyAdds: ({ shape, weights, units }) => sizeOf(shape) * (weights.length / units),
  ...CHANGES_VALUES,
  ...FOLDS_NOTHING,
  narrowed: (node, part) => ({
    node,
    part: rowsOfPart(part, node.shape),
    inputs: [rowsOfPart(part, node.inputShapes[0])],
  }),
  absorbsAffine: scaledLayer,
  ...FUSES_NOTHING,
  takesClamp: true,
  channelwise: false,
  liveness: mixes,
};

/** `[..., inputs] -> [..., units]`. */
function gemmShape(node: NodeSpec<Gemm>, [input]: readonly Shape[]): Shape {
  const inputs = input[input.length - 1];
  checkInteger(node, "units", node.units, 1);
  checkValues(node, "weights", node.weights, inputs * node.units, `${inputs} inputs x ${node.units} units`);
  if (node.bias !== undefined) checkValues(node, "bias", node.bias, node.units, "units");
  return [...input.slice(0, -1), node.units];
}
