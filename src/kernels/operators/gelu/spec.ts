import { checkChoice } from "../../checks.js";
import { elementWiseFacts } from "../../element_wise/facts.js";

/** `x Phi(x)`, or with `tanh` the usual approximation of it. */
export interface Gelu {
  readonly op: "Gelu";
  readonly approximate: "none" | "tanh";
}

export const facts = elementWiseFacts<Gelu>((node) => {
  checkChoice(node, "approximate", node.approximate, ["none", "tanh"]);
});
