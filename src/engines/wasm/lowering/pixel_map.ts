import {
  averagePoolMap,
  globalAveragePoolMap,
  type PixelMap,
  padMap,
  resizeMap,
} from "../../../kernels/pixel_map/maps.js";
import type { Step } from "../../../network/fuse.js";
import type { GlobalPool, Node, Operator, Pad, Pool, Resize } from "../../../network/spec.js";
import { type BackwardContext, maskFields } from "../backward.js";
import type { Layout } from "../layout.js";
import { Buffer, entry } from "../tape.js";
import type { Lowering } from "./lowering.js";

export const averagePool: Lowering<Pool> = mapped(averagePoolMap);
export const globalAveragePool: Lowering<GlobalPool> = mapped(globalAveragePoolMap);
export const pad: Lowering<Pad> = mapped(padMap);
export const resize: Lowering<Resize> = mapped(resizeMap);

/** The lowering of an operator that is a map of pixels; the vjp is the transposed map. */
function mapped<O extends Operator>(mapOf: (node: Node<O>) => PixelMap): Lowering<O> {
  return {
    forward(step, context) {
      const map = mapOf(step.node);
      const { layout, emit, value, varies } = context;
      const channels = step.node.inputShapes[0][2];
      emit(
        entry("pixel_map", step.node.name, map.outputs, {
          x: value(step.inputs[0]),
          y: value(step.output),
          ...placeRows(map.outputs, map.entries, layout),
          run: channels,
          xStep: channels,
          yStep: channels,
          accumulate: 0,
        }),
      );
      if (!varies(step.inputs[0])) return {};
      return placeRows(map.inputs, (visit) => map.entries((o, i, f) => visit(i, o, f)), layout);
    },
    vjp: (step, context) => vjp(step, context, step.node),
  };
}

/** Compressed rows in linear memory. Entries of a row keep the order in which they were visited. */
export function placeRows(rows: number, entries: PixelMap["entries"], layout: Layout) {
  const starts = new Int32Array(rows + 1);
  entries((row) => {
    starts[row + 1]++;
  });
  for (let r = 0; r < rows; r++) starts[r + 1] += starts[r];
  const columns = new Int32Array(starts[rows]);
  const factors = new Float32Array(starts[rows]);
  const next = starts.slice();
  entries((row, column, factor) => {
    const at = next[row]++;
    columns[at] = column;
    factors[at] = factor;
  });
  return { starts: layout.place(starts), columns: layout.place(columns), factors: layout.place(factors) };
}

function vjp(step: Step, context: BackwardContext, node: Node): void {
  const [input] = step.inputs;
  if (!context.varies(input)) return;
  const [height, width, channels] = node.inputShapes[0];
  const run = 4 * context.vectors * channels;
  const { target, accumulate } = context.into(input);
  context.emit(
    entry("pixel_map", node.name, height * width, {
      x: unmasked(
        context,
        node.shape.reduce((a, b) => a * b, 1),
        node.name,
      ),
      y: target.buffer,
      ...(context.kept as { starts: Buffer; columns: Buffer; factors: Buffer }),
      run,
      xStep: run,
      yStep: run,
      accumulate,
    }),
  );
}

/** The output's cotangent with zeros at dead units: a copy, if it is masked. */
export function unmasked(
  { cotangent, vectors, emit, lanes }: BackwardContext,
  units: number,
  label: string,
): Buffer {
  if (!cotangent.mask) return cotangent.buffer;
  const copy = new Buffer(16 * vectors * units);
  emit(
    entry(lanes("scale_lanes") as "scale_lanes_4", label, Math.ceil(units / 256), {
      gy: cotangent.buffer,
      ...maskFields(cotangent.mask),
      gx: copy,
      factor: 0,
      period: 1,
      units,
      accumulate: 0,
    }),
  );
  return copy;
}
