import { testing } from "../../src/kernels/operators/testing.generated.js";
import type { Operator } from "../../src/network/spec.js";

/**
 * One of each function of a value by itself, with the parameter values that networks use and one odd choice; none that is
 * not defined everywhere, grows fast or passes nothing back.
 */
export const ACTIVATIONS: readonly Operator[] = Object.values(testing).flatMap(({ elementWise, samples }) =>
  elementWise && !elementWise.unbounded && !elementWise.flat ? samples.map(({ operator }) => operator) : [],
);
