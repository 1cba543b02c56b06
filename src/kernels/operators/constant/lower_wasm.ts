import { type Lowering, NOTHING } from "../../wasm/lowering.js";
import type { Constant } from "./spec.js";

/** It lies in memory from the start. */
export const lowering: Lowering<Constant> = {
  forward(step, { memory, value }) {
    memory.initialise(value(step.output), step.node.data);
    return NOTHING;
  },
  vjp() {},
};
