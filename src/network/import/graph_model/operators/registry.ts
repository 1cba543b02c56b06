import type { OpName } from "../../../spec.js";
import { ARITHMETIC } from "./arithmetic.js";
import { AXES } from "./axes.js";
import { CONSTANTS } from "./constants.js";
import { FUNCTIONS } from "./functions.js";
import { IMAGES } from "./images.js";
import { LAYERS } from "./layers.js";
import { MATRICES } from "./matrices.js";
import type { TfOperator, TfOperators } from "./operator.js";
import { PARTS } from "./parts.js";
import { REDUCTIONS } from "./reductions.js";

/** TensorFlow's operators, by name. */
const OPERATORS: TfOperators = {
  ...FUNCTIONS,
  ...ARITHMETIC,
  ...LAYERS,
  ...MATRICES,
  ...IMAGES,
  ...AXES,
  ...PARTS,
  ...REDUCTIONS,
  ...CONSTANTS,
};

/** The importer of a node, or undefined where there is none. */
export function operatorOf(type: string): TfOperator | undefined {
  return Object.hasOwn(OPERATORS, type) ? OPERATORS[type] : undefined;
}

/** All operators that are imported, as TensorFlow calls them. */
export function operatorNames(): readonly string[] {
  return Object.keys(OPERATORS);
}

/** What becomes each operator: the names of TensorFlow. */
export const GRAPH_MODEL_COVERAGE: ReadonlyMap<OpName, readonly string[]> = coverage();

function coverage(): Map<OpName, string[]> {
  const found = new Map<OpName, string[]>();
  for (const [name, { operators }] of Object.entries(OPERATORS))
    for (const operator of operators) found.set(operator, [...(found.get(operator) ?? []), name]);
  return found;
}
