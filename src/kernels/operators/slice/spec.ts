import { checkIntegers, rejectNode } from "../../checks.js";
import { copies, FOLDS_NOTHING, FUSES_NOTHING, type OperatorFacts, WITHOUT_WEIGHTS } from "../../facts.js";
import { type NodeSpec, type Shape, sameShape } from "../../node.js";
import { shapeOfPart } from "../../part.js";

/** `x[starts[a] : ends[a] : steps[a]]` on every per-image axis `a`. Cropping, taking every n-th, turning round. */
export interface Slice {
  readonly op: "Slice";
  readonly starts: readonly number[];
  /** Excluded; -1: a step back goes down to the first. */
  readonly ends: readonly number[];
  /** Not 0. Default: ones. */
  readonly steps?: readonly number[];
}

export const facts: OperatorFacts<Slice> = {
  inputs: [1, 1],
  shape: slicedShape,
  ...WITHOUT_WEIGHTS,
  isIdentity: ({ shape, inputShapes, steps }) =>
    sameShape(shape, inputShapes[0]) && (steps ?? []).every((step, axis) => step > 0 || shape[axis] === 1),
  reshapes: false,
  probabilities: () => undefined,
  ...FOLDS_NOTHING,
  narrowed: (node, part) => {
    const { starts, steps = starts.map(() => 1) } = node;
    if (steps.some((step) => step !== 1)) return undefined;
    const shape = shapeOfPart(part);
    const read = {
      starts: starts.map((start, axis) => start + part.starts[axis]),
      ends: starts.map((start, axis) => start + part.ends[axis]),
    };
    return { node: { ...node, starts: shape.map(() => 0), ends: shape }, part, inputs: [read] };
  },
  ...FUSES_NOTHING,
  channelwise: false,
  liveness: copies,
};

function slicedShape(node: NodeSpec<Slice>, [input]: readonly Shape[]): Shape {
  const { starts, ends, steps = input.map(() => 1) } = node;
  checkIntegers(node, "starts", starts, input.length, 0);
  checkIntegers(node, "ends", ends, input.length, -1);
  checkIntegers(node, "steps", steps, input.length, Number.MIN_SAFE_INTEGER);
  return input.map((n, axis) => {
    const [start, end, step] = [starts[axis], ends[axis], steps[axis]];
    const fits = step > 0 ? start < end && end <= n : step < 0 && start < n && end < start;
    if (!fits)
      rejectNode(
        node,
        `slice of axis ${axis} is ${start}:${end}${step === 1 ? "" : `:${step}`}, expected a non-empty part of 0:${n}`,
      );
    return Math.ceil((end - start) / step);
  });
}
