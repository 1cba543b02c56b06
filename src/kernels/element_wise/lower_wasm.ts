import { type AnyOperator, sizeOf } from "../node.js";
import { scaleInto } from "../scale/lower_wasm.js";
import { type Lowering, NOTHING } from "../wasm/lowering.js";
import { entry, f32, type KernelName } from "../wasm/tape.js";

/** The kernel of a function and what it reads besides x. */
export interface ElementWiseKernel<O extends AnyOperator> {
  readonly kernel: (operator: O) => Extract<KernelName, `element_wise_${string}`>;
  readonly alpha?: (operator: O) => number;
  readonly beta?: (operator: O) => number;
  /** A value of alpha for each unit, repeated. */
  readonly slope?: (operator: O) => Float32Array;
}

export interface ElementWiseLowering<O extends AnyOperator> extends Lowering<O> {
  readonly elementWise: ElementWiseKernel<O>;
}

/** Functions without a mask: the forward pass keeps the derivative of every unit, the vjp multiplies by it. */
export function elementWise<O extends AnyOperator>(of: ElementWiseKernel<O>): ElementWiseLowering<O> {
  return {
    elementWise: of,
    forward(step, { memory, emit, value, varies }) {
      const { node } = step;
      const units = sizeOf(node.shape);
      const derivative = varies(step.inputs[0]) ? memory.reserve(4 * units + 16) : undefined;
      const slope = of.slope?.(node);
      emit(
        entry(of.kernel(node), node.name, Math.ceil(units / 1024), {
          x: value(step.inputs[0]),
          y: value(step.output),
          derivative: derivative ?? 0,
          units,
          alpha: f32(of.alpha?.(node) ?? 0),
          beta: f32(of.beta?.(node) ?? 0),
          slope: slope ? memory.place(slope) : 0,
          period: slope?.length ?? 1,
        }),
      );
      return derivative ? { derivative } : NOTHING;
    },
    derivative: ({ derivative }) => derivative,
    vjp: (step, context) => scaleInto(step, context, context.kept.derivative, sizeOf(step.node.shape)),
  };
}
