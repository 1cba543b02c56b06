import { emitPair, pairs } from "../../arithmetic/lower_wasm.js";
import { sizeOf } from "../../node.js";
import type { Div } from "./spec.js";

/** The forward step keeps `1 / b` and `-a / b / b`. */
export const lowering = pairs<Div>({
  kernel: "arithmetic_div",
  factors: ["kept", "kept"],
  keep({ node }, [a, b], context) {
    const { memory } = context;
    const bytes = 4 * sizeOf(node.shape) + 16;
    const [factor0, factor1] = [memory.reserve(bytes), memory.reserve(bytes)];
    const one = { in: memory.place(Float32Array.of(1)), single: true } as const;
    const minus = { in: memory.place(Float32Array.of(-1)), single: true } as const;
    emitPair("arithmetic_div", node, one, { in: b }, factor0, context);
    emitPair("arithmetic_div", node, { in: a }, { in: b }, factor1, context);
    emitPair("arithmetic_div", node, { in: factor1 }, { in: b }, factor1, context);
    emitPair("arithmetic_mul", node, minus, { in: factor1 }, factor1, context);
    return { factor0, factor1 };
  },
});
