import { type AnyOperator, type Node, type Step, sizeOf } from "../node.js";
import { unmasked } from "../scale/lower_wasm.js";
import type { BackwardContext, Kept, Lowering, Memory } from "../wasm/lowering.js";
import { type Buffer, entry } from "../wasm/tape.js";
import { type CompressedRows, type PixelMap, rowsOf } from "./pixel_map.js";

/**
 * The lowering of an operator that is a map of pixels; the vjp is the transposed map.
 *
 * @param channelsOf values of a pixel. Default: those of `[H, W, C]`
 */
export function mapped<O extends AnyOperator>(
  mapOf: (node: Node<O>) => PixelMap,
  channelsOf: (node: Node<O>) => number = ({ inputShapes }) => inputShapes[0][2],
): Lowering<O> {
  return {
    forward(step, { memory, emit, value, varies }) {
      const map = mapOf(step.node);
      const channels = channelsOf(step.node);
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
    vjp: (step, context) => vjp(step, channelsOf(step.node), context),
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

function vjp(step: Step, channels: number, context: BackwardContext): void {
  const { node } = step;
  const [input] = step.inputs;
  if (!context.varies(input)) return;
  const run = context.stride * channels;
  const { target, accumulate } = context.into(input);
  context.emit(
    entry("pixel_map", node.name, sizeOf(node.inputShapes[0]) / channels, {
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
