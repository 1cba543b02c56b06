import type { AnyOperator } from "../node.js";
import { dispatch, perUnit } from "../webgpu/dispatch.js";
import { type Lowering, NOTHING } from "../webgpu/lowering.js";
import { type ReducedAxes, reductionOf } from "./axes.js";
import type { FactorOf } from "./reference.js";
import { reduceColumnsShader, reduceRowsShader, repeatScaledShader } from "./wgsl.js";

/** A sum along axes, times a factor. */
export function scaledSum<O extends AnyOperator & ReducedAxes>(factorOf: FactorOf): Lowering<O> {
  return {
    forward({ node, inputs, output }, { emit, value }) {
      const { count, inner } = reductionOf(node);
      const [x, y, factor] = [value(inputs[0]), value(output), factorOf(count)];
      const { units } = y;
      emit(
        inner === 1
          ? dispatch(
              node.name,
              reduceRowsShader,
              { units, count, factor },
              { x, y },
              { rows: units, tile: 1, times: 1 },
            )
          : dispatch(
              node.name,
              reduceColumnsShader,
              { units, count, inner, factor },
              { x, y },
              perUnit(units),
            ),
      );
      return NOTHING;
    },
    vjp({ node, inputs }, { emit, cotangent: gy, into, varies }) {
      if (!varies(inputs[0])) return;
      const { count, inner } = reductionOf(node);
      const { target: gx, share, tensors, clamp } = into(inputs[0]);
      const { units } = gx;
      emit(
        dispatch(
          node.name,
          repeatScaledShader(share),
          { units, results: gy.units, count, inner, factor: factorOf(count), ...clamp },
          { gy, gx, ...tensors },
          perUnit(units),
        ),
      );
    },
  };
}
