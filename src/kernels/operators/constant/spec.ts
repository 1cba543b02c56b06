import { checkIntegers, checkValues, rejectNode, shapeText } from "../../checks.js";
import { CHANGES_VALUES, FOLDS_NOTHING, FUSES_NOTHING, mixes, type OperatorFacts } from "../../facts.js";
import { type Shape, sizeOf } from "../../node.js";

/** A value that does not depend on the image. It takes no inputs. */
export interface Constant {
  readonly op: "Constant";
  readonly shape: Shape;
  readonly data: Float32Array;
}

export const facts: OperatorFacts<Constant> = {
  inputs: [0, 0],
  shape(node) {
    checkIntegers(node, "shape", node.shape, undefined, 1);
    if (node.shape.length === 0) rejectNode(node, "shape is scalar, expected at least one axis");
    checkValues(node, "data", node.data, sizeOf(node.shape), shapeText(node.shape));
    return node.shape;
  },
  weights: ({ data }) => [data],
  multiplyAdds: () => 0,
  ...CHANGES_VALUES,
  ...FOLDS_NOTHING,
  ...FUSES_NOTHING,
  channelwise: false,
  liveness: mixes,
};
