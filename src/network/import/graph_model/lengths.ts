import type { Flow } from "../dataflow/flow.js";
import type { Dims } from "../dataflow/tensor.js";
import { valueText } from "../failure.js";

/** No real tensor has more axes; what looks at pairs of them stays quick. */
const MOST_AXES = 16;
/** A tensor without values may not be long on other axes: loops run along them. */
const MOST_ROWS = 2 ** 20;

/** Whether lengths can be those of a tensor. */
export function areLengths(dims: Dims): boolean {
  const rows = dims.reduce((product, n) => product * Math.max(1, n), 1);
  return (
    dims.length <= MOST_AXES &&
    dims.every((n) => Number.isSafeInteger(n) && n >= 0) &&
    (rows <= MOST_ROWS || !dims.includes(0))
  );
}

/** @throws ModelError for lengths that no tensor has */
export function checkLengths(flow: Flow, dims: Dims): void {
  if (!areLengths(dims))
    flow.reject(`shape is ${valueText(dims)}, expected whole numbers, at most ${MOST_AXES} of them`);
}
