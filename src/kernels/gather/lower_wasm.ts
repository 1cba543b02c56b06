import { type AnyOperator, type Node, sizeOf } from "../node.js";
import { unmasked } from "../scale/lower_wasm.js";
import { type Lowering, NOTHING } from "../wasm/lowering.js";
import { entry } from "../wasm/tape.js";
import { inverseOf } from "./inverse.js";

/**
 * The lowering of an operator whose every output unit is one input unit, as cropping and transposition are.
 *
 * @param sourceOf for each output unit the input unit, none twice
 */
export function gathered<O extends AnyOperator>(sourceOf: (node: Node<O>) => Int32Array): Lowering<O> {
  return {
    forward(step, { memory, emit, value, varies }) {
      const index = sourceOf(step.node);
      emit(
        entry("gather_units", step.node.name, Math.ceil(index.length / 256), {
          x: value(step.inputs[0]),
          y: value(step.output),
          index: memory.place(index),
          units: index.length,
          run: 1,
          accumulate: 0,
        }),
      );
      if (!varies(step.inputs[0])) return NOTHING;
      return { inverse: memory.place(inverseOf(index, sizeOf(step.node.inputShapes[0]))) };
    },
    vjp(step, context) {
      const [input] = step.inputs;
      if (!context.varies(input)) return;
      const units = sizeOf(step.node.inputShapes[0]);
      const { target, accumulate } = context.into(input);
      context.emit(
        entry("gather_units", step.node.name, Math.ceil(units / 256), {
          x: unmasked(step, context),
          y: target.buffer,
          index: context.kept.inverse,
          units,
          run: context.stride,
          accumulate,
        }),
      );
    },
  };
}
