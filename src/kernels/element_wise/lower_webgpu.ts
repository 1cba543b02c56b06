import { productShader } from "../arithmetic/wgsl_product.js";
import type { AnyOperator } from "../node.js";
import { dispatch, perUnit } from "../webgpu/dispatch.js";
import { type Lowering, NOTHING } from "../webgpu/lowering.js";
import { elementWiseShader, type WgslFunction } from "./wgsl.js";

/** A function and what it reads besides x. */
export interface ElementWiseFunction<O extends AnyOperator> {
  readonly function: (operator: O) => WgslFunction;
  readonly alpha?: (operator: O) => number;
  readonly beta?: (operator: O) => number;
  /** A value of alpha for each unit, repeated; undefined: alpha is one for all. */
  readonly slope?: (operator: O) => Float32Array | undefined;
}

export interface ElementWiseLowering<O extends AnyOperator> extends Lowering<O> {
  readonly elementWise: ElementWiseFunction<O>;
}

/** Functions without a mask: the forward pass keeps the derivative of every unit, the vjp multiplies by it. */
export function elementWise<O extends AnyOperator>(of: ElementWiseFunction<O>): ElementWiseLowering<O> {
  return {
    elementWise: of,
    forward(step, { emit, value, constant, keep, varies }) {
      const { node } = step;
      const [x, y] = [value(step.inputs[0]), value(step.output)];
      const derivative = varies(step.inputs[0]) ? keep(`derivative of ${node.name}`, y.units) : undefined;
      const slopes = of.slope?.(node);
      const vector = y.units % 4 === 0 && (slopes?.length ?? 4) % 4 === 0;
      const elements = (units: number) => (vector ? units / 4 : units);
      const units = elements(y.units);
      const params = {
        units,
        alpha: of.alpha?.(node) ?? 0,
        beta: of.beta?.(node) ?? 0,
        period: elements(slopes?.length ?? 4),
      };
      const slope = slopes && constant(`slope of ${node.name}`, slopes);
      const made = (keepsDerivative: boolean) => {
        const structure = { function: of.function(node), slopes: slopes !== undefined, vector };
        const shader = elementWiseShader({ ...structure, keepsDerivative });
        return dispatch(node.name, shader, params, { x, y, derivative, slope }, perUnit(units));
      };
      emit(derivative ? { ...made(true), scores: made(false) } : made(false));
      return derivative ? { derivative } : NOTHING;
    },
    vjp(step, { emit, kept, cotangent: gy, slots, into, varies }) {
      const [input] = step.inputs;
      if (!varies(input)) return;
      const { target: gx, share, tensors, clamp } = into(input);
      const vector = gx.units % 4 === 0;
      const units = vector ? gx.units / 4 : gx.units;
      emit(
        dispatch(
          step.node.name,
          productShader({ vector, repeated: false, zeroStays: true, share }),
          { units, factorUnits: units, ...clamp },
          { gy, gx, factor: kept.derivative, slots, ...tensors },
          perUnit(units),
        ),
      );
    },
  };
}
