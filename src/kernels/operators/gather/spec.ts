import { checkInteger, checkIntegers, rejectNode } from "../../checks.js";
import { copies, FOLDS_NOTHING, FUSES_NOTHING, type OperatorFacts, WITHOUT_WEIGHTS } from "../../facts.js";

/** Places of one per-image axis by constant indices, in any order and any number of times. */
export interface Gather {
  readonly op: "Gather";
  readonly axis: number;
  readonly indices: readonly number[];
}

export const facts: OperatorFacts<Gather> = {
  inputs: [1, 1],
  shape(node, [input]) {
    checkInteger(node, "axis", node.axis, 0);
    if (node.axis >= input.length)
      rejectNode(node, `axis is ${node.axis}, expected less than ${input.length}`);
    const { axis, indices } = node;
    checkIntegers(node, "indices", indices, undefined, 0);
    const wrong = indices.find((index) => index >= input[axis]);
    if (indices.length === 0 || wrong !== undefined)
      rejectNode(node, `indices have ${wrong ?? "no values"}, expected some of 0 to ${input[axis] - 1}`);
    return input.map((n, a) => (a === axis ? indices.length : n));
  },
  ...WITHOUT_WEIGHTS,
  isIdentity: ({ axis, indices, inputShapes }) =>
    indices.length === inputShapes[0][axis] && indices.every((index, i) => index === i),
  reshapes: false,
  probabilities: () => undefined,
  ...FOLDS_NOTHING,
  narrowed: (node, part) => {
    const { axis } = node;
    const chosen = node.indices.slice(part.starts[axis], part.ends[axis]);
    const first = chosen.reduce((a, b) => Math.min(a, b));
    const last = chosen.reduce((a, b) => Math.max(a, b));
    const read = {
      starts: part.starts.map((start, a) => (a === axis ? first : start)),
      ends: part.ends.map((end, a) => (a === axis ? last + 1 : end)),
    };
    return { node: { ...node, indices: chosen.map((index) => index - first) }, part, inputs: [read] };
  },
  ...FUSES_NOTHING,
  channelwise: false,
  liveness: copies,
};
