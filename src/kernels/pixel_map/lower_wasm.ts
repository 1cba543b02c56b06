import type { AnyOperator, Node, Step } from "../node.js";
import { unmasked } from "../scale/lower_wasm.js";
import type { BackwardContext, Kept, Lowering, Memory } from "../wasm/lowering.js";
import { type Buffer, entry } from "../wasm/tape.js";
import { type CompressedRows, type PixelMap, rowsOf } from "./pixel_map.js";

/** The lowering of an operator that is a map of pixels; the vjp is the transposed map. */
export function mapped<O extends AnyOperator>(mapOf: (node: Node<O>) => PixelMap): Lowering<O> {
  return {
    forward(step, { memory, emit, value, varies }) {
      const map = mapOf(step.node);
      const channels = step.node.inputShapes[0][2];
      emit(
        entry("pixel_map", step.node.name, map.outputs, {
          x: value(step.inputs[0]),
          y: value(step.output),
          ...placeRows(rowsOf(map, false), memory),
          run: channels,
          xStep: channels,
          yStep: channels,
          accumulate: 0,
        }),
      );
      return varies(step.inputs[0]) ? placeRows(rowsOf(map, true), memory) : {};
    },
    vjp,
  };
}

/** Rows in linear memory, under the names of the kernel's fields. */
export function placeRows({ starts, columns, factors }: CompressedRows, memory: Memory) {
  return {
    starts: memory.place(starts),
    columns: memory.place(columns),
    factors: memory.place(factors),
  } satisfies Kept;
}

function vjp(step: Step, context: BackwardContext): void {
  const { node } = step;
  const [input] = step.inputs;
  if (!context.varies(input)) return;
  const [height, width, channels] = node.inputShapes[0];
  const run = 4 * context.vectors * channels;
  const { target, accumulate } = context.into(input);
  context.emit(
    entry("pixel_map", node.name, height * width, {
      x: unmasked(step, context),
      y: target.buffer,
      ...(context.kept as { starts: Buffer; columns: Buffer; factors: Buffer }),
      run,
      xStep: run,
      yStep: run,
      accumulate,
    }),
  );
}
