import { testing } from "../../src/kernels/operators/testing.generated.js";
import type { Operator } from "../../src/network/spec.js";

/** One of each function of a value by itself, with the parameter values that networks use and one odd choice. */
export const ACTIVATIONS: readonly Operator[] = Object.values(testing).flatMap(({ elementWise, samples }) =>
  elementWise ? samples.map(({ operator }) => operator) : [],
);
