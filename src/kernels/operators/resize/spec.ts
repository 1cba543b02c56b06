import { checkChoice, checkIntegers, checkRank, nameText, rejectNode } from "../../checks.js";
import { FOLDS_NOTHING, FUSES_NOTHING, type OperatorFacts, WITHOUT_WEIGHTS } from "../../facts.js";
import { type Pair, sameShape } from "../../node.js";

/**
 * Spatial resampling of `[H, W, C]` to `size`. `coordinates` maps an output index `i` to the source coordinate:
 * `asymmetric` `i / scale`; `half_pixel` `(i + 1/2) / scale - 1/2`; `pytorch_half_pixel` the same, but 0 where one pixel is made;
 * `align_corners` `i (in - 1) / (out - 1)`. `nearest` rounds it, `linear` interpolates; both clamp at the border.
 */
export interface Resize {
  readonly op: "Resize";
  readonly mode: "nearest" | "linear";
  readonly coordinates: "asymmetric" | "half_pixel" | "pytorch_half_pixel" | "align_corners";
  readonly size: Pair;
  /**
   * How `nearest` rounds: down, up, or to the nearest with halves down (`round_prefer_floor`, what ONNX does if it does not say) or up
   * (`round_prefer_ceil`). Default, as TensorFlow: down if asymmetric, else halves up.
   */
  readonly rounding?: "floor" | "ceil" | "round_prefer_floor" | "round_prefer_ceil";
  /** What coordinates are divided by, where it is not `size` over the size of the input: ONNX's `scales`. */
  readonly scales?: Pair;
}

const COORDINATES = ["asymmetric", "half_pixel", "pytorch_half_pixel", "align_corners"];
const ROUNDINGS = ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"];

export const facts: OperatorFacts<Resize> = {
  inputs: [1, 1],
  shape(node, [input]) {
    checkRank(node, input, 3, "HxWxC");
    checkChoice(node, "mode", node.mode, ["nearest", "linear"]);
    checkChoice(node, "coordinates", node.coordinates, COORDINATES);
    if (node.rounding !== undefined) checkChoice(node, "rounding", node.rounding, ROUNDINGS);
    checkIntegers(node, "size", node.size, 2, 1);
    const { scales } = node;
    if (scales !== undefined && !(Array.isArray(scales) && scales.length === 2 && scales.every(isScale)))
      rejectNode(node, `scales are [${nameText(scales)}], expected two positive numbers`);
    return [node.size[0], node.size[1], input[2]];
  },
  ...WITHOUT_WEIGHTS,
  // Every coordinate convention maps i to i where the size stays.
  isIdentity: ({ shape, inputShapes, scales = [1, 1] }) =>
    sameShape(shape, inputShapes[0]) && scales.every((scale) => scale === 1),
  reshapes: false,
  probabilities: () => undefined,
  ...FOLDS_NOTHING,
  ...FUSES_NOTHING,
  channelwise: true,
  liveness: ({ mode }) => (mode === "nearest" ? "copies" : "mixes"),
};

const isScale = (value: unknown): boolean => Number.isFinite(value) && (value as number) > 0;
