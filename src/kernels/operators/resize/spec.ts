import { checkChoice, checkIntegers, checkRank } from "../../checks.js";
import { FOLDS_NOTHING, FUSES_NOTHING, type OperatorFacts, WITHOUT_WEIGHTS } from "../../facts.js";
import { type Pair, sameShape } from "../../node.js";

/**
 * Spatial resampling of `[H, W, C]` to `size`. `coordinates` maps an output index `i` to the source coordinate:
 * `asymmetric` `i / scale`; `half_pixel` `(i + 1/2) / scale - 1/2`; `align_corners` `i (in - 1) / (out - 1)`.
 * `nearest` takes `floor` of an asymmetric coordinate and rounds the others, halves up, as TensorFlow does; `linear`
 * interpolates and clamps at the border.
 */
export interface Resize {
  readonly op: "Resize";
  readonly mode: "nearest" | "linear";
  readonly coordinates: "asymmetric" | "half_pixel" | "align_corners";
  readonly size: Pair;
}

export const facts: OperatorFacts<Resize> = {
  inputs: [1, 1],
  shape(node, [input]) {
    checkRank(node, input, 3, "HxWxC");
    checkChoice(node, "mode", node.mode, ["nearest", "linear"]);
    checkChoice(node, "coordinates", node.coordinates, ["asymmetric", "half_pixel", "align_corners"]);
    checkIntegers(node, "size", node.size, 2, 1);
    return [node.size[0], node.size[1], input[2]];
  },
  ...WITHOUT_WEIGHTS,
  // Every coordinate convention maps i to i where the size stays.
  isIdentity: ({ shape, inputShapes }) => sameShape(shape, inputShapes[0]),
  reshapes: false,
  probabilities: () => undefined,
  ...FOLDS_NOTHING,
  ...FUSES_NOTHING,
  channelwise: true,
  liveness: ({ mode }) => (mode === "nearest" ? "copies" : "mixes"),
};
