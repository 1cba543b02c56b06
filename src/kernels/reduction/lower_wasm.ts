import type { AnyOperator } from "../node.js";
import { defined } from "../scale/lower_wasm.js";
import { type Lowering, NOTHING } from "../wasm/lowering.js";
import { entry, f32 } from "../wasm/tape.js";
import { type ReducedAxes, reductionOf } from "./axes.js";
import type { FactorOf } from "./reference.js";
import { REDUCED_COLUMNS } from "./wasm_tile.js";

/** A sum along axes, times a factor. */
export function scaledSum<O extends AnyOperator & ReducedAxes>(factorOf: FactorOf): Lowering<O> {
  return {
    forward({ node, inputs, output }, { emit, value }) {
      const { outer, count, inner } = reductionOf(node);
      const [x, y, factor] = [value(inputs[0]), value(output), f32(factorOf(count))];
      const tiles = outer * Math.ceil(inner / REDUCED_COLUMNS);
      emit(entry("reduce_sum", node.name, tiles, { x, y, count, inner, factor }));
      return NOTHING;
    },
    vjp(step, context) {
      const { node, inputs } = step;
      if (!context.varies(inputs[0])) return;
      const { outer, count, inner } = reductionOf(node);
      const x = defined(step, context);
      const { target, accumulate } = context.into(inputs[0]);
      const run = context.stride * inner;
      const factor = f32(factorOf(count));
      context.emit(
        entry("repeat_scaled", node.name, outer * count, {
          ...{ x, y: target.buffer, count, run, factor, accumulate },
        }),
      );
    },
  };
}
