import type { OpName } from "../../../spec.js";
import { ARITHMETIC } from "./arithmetic.js";
import { CONSTANTS } from "./constants.js";
import { EINSUM } from "./einsum.js";
import { FUNCTIONS } from "./functions.js";
import { MATRICES } from "./matrices.js";
import { NORMALISATIONS } from "./normalisations.js";
import type { OnnxOperator, OnnxOperators } from "./operator.js";
import { REDUCTIONS } from "./reductions.js";
import { RESIZING } from "./resizing.js";
import { SHAPES } from "./shapes.js";
import { WINDOWS } from "./windows.js";

/** Operators of ONNX's default set, by name. */
const OPERATORS: OnnxOperators = {
  ...FUNCTIONS,
  ...ARITHMETIC,
  ...WINDOWS,
  ...MATRICES,
  ...EINSUM,
  ...NORMALISATIONS,
  ...SHAPES,
  ...CONSTANTS,
  ...REDUCTIONS,
  ...RESIZING,
};

/** The importer of a node, or undefined where there is none. */
export function operatorOf(type: string, domain: string): OnnxOperator | undefined {
  const isDefault = domain === "" || domain === "ai.onnx" || MICROSOFT.has(`${domain}.${type}`);
  return isDefault && Object.hasOwn(OPERATORS, type) ? OPERATORS[type] : undefined;
}

/** Operators of onnxruntime's own set that mean what those of the default set do. */
const MICROSOFT: ReadonlySet<string> = new Set(["com.microsoft.Gelu"]);

/** What becomes each operator: the names of ONNX. */
export const ONNX_COVERAGE: ReadonlyMap<OpName, readonly string[]> = coverage();

function coverage(): Map<OpName, string[]> {
  const found = new Map<OpName, string[]>();
  for (const [name, { operators }] of Object.entries(OPERATORS))
    for (const operator of operators) found.set(operator, [...(found.get(operator) ?? []), name]);
  return found;
}
