/** What the cotangent of the output is multiplied by on its way to an operand; "kept": by what the forward step kept. */
export type Factor = "one" | "minus one" | "other operand" | "kept";
