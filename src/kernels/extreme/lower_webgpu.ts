import { type PairLowering, pairs } from "../arithmetic/lower_webgpu.js";
import { type AnyOperator, sizeOf } from "../node.js";
import { dispatch, perUnit } from "../webgpu/dispatch.js";
import { winnersShader } from "./wgsl.js";

/** The larger or smaller of two. The forward step keeps 1 where an operand won and 0 elsewhere. */
export function extremes<O extends AnyOperator>(name: "max" | "min"): PairLowering<O> {
  return pairs<O>({
    name,
    operator: name,
    factors: ["kept", "kept"],
    keep({ node }, { structure, params, tensors }, { emit, keep }) {
      const units = sizeOf(node.shape);
      const factor0 = keep(`wins of the first of ${node.name}`, units);
      const factor1 = keep(`wins of the second of ${node.name}`, units);
      const shader = winnersShader({ ...structure, name });
      const kept = { ...tensors, factor0, factor1 };
      emit({ ...dispatch(node.name, shader, params, kept, perUnit(params.units)), scores: null });
      return { factor0, factor1 };
    },
  });
}
