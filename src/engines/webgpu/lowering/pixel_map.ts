import {
  averagePoolMap,
  globalAveragePoolMap,
  type PixelMap,
  padMap,
  resizeMap,
} from "../../../kernels/pixel_map/maps.js";
import { pixelMapShader } from "../../../kernels/pixel_map/wgsl.js";
import type { GlobalPool, Node, Operator, Pad, Pool, Resize } from "../../../network/spec.js";
import { dispatch } from "../dispatch.js";
import { perUnit } from "./affine.js";
import { type ForwardContext, type Lowering, NOTHING } from "./lowering.js";

export const averagePool: Lowering<Pool> = mapped(averagePoolMap);
export const globalAveragePool: Lowering<GlobalPool> = mapped(globalAveragePoolMap);
export const pad: Lowering<Pad> = mapped(padMap);
export const resize: Lowering<Resize> = mapped(resizeMap);

/** The lowering of an operator that is a map of pixels; the vjp is the transposed map. */
function mapped<O extends Operator>(mapOf: (node: Node<O>) => PixelMap): Lowering<O> {
  return {
    forward(step, { emit, value, constant, varies }) {
      const { name, inputShapes } = step.node;
      const map = mapOf(step.node);
      const shape = elements(inputShapes[0][2], map.outputs, map.inputs);
      const [x, y] = [value(step.inputs[0]), value(step.output)];
      const shader = pixelMapShader({
        extent: "images",
        vector: shape.vector,
        share: { added: false, masked: false },
      });
      const tensors = { x, y, ...rows(name, map.outputs, map.entries, constant) };
      emit(
        dispatch(name, shader, { ...shape.params, low: 0, high: 0 }, tensors, perUnit(shape.params.units)),
      );
      if (!varies(step.inputs[0])) return NOTHING;
      return rows(
        `transposed ${name}`,
        map.inputs,
        (visit) => map.entries((o, i, f) => visit(i, o, f)),
        constant,
      );
    },
    vjp(step, { emit, kept, cotangent, into, varies }) {
      const [input] = step.inputs;
      if (!varies(input)) return;
      const { name, inputShapes } = step.node;
      const [height, width, channels] = inputShapes[0];
      const shape = elements(channels, height * width, cotangent.units / channels);
      const { target, share, tensors, clamp } = into(input);
      emit(
        dispatch(
          name,
          pixelMapShader({ extent: "cotangents", vector: shape.vector, share }),
          { ...shape.params, ...clamp },
          { x: cotangent, y: target, ...kept, ...tensors },
          perUnit(shape.params.units),
        ),
      );
    },
  };
}

/** Channels by fours where possible, and the sizes that follow. */
function elements(channels: number, outputs: number, inputs: number) {
  const vector = channels % 4 === 0;
  const wide = vector ? channels / 4 : channels;
  return { vector, params: { units: outputs * wide, inputs: inputs * wide, channels: wide } };
}

/** Compressed rows on the device. Entries of a row keep the order in which they were visited. */
function rows(
  label: string,
  count: number,
  visitAll: PixelMap["entries"],
  constant: ForwardContext["constant"],
) {
  const starts = new Uint32Array(count + 1);
  visitAll((row) => {
    starts[row + 1]++;
  });
  for (let r = 0; r < count; r++) starts[r + 1] += starts[r];
  // A buffer is never empty.
  const entries = new Uint32Array(2 * Math.max(1, starts[count]));
  const factors = new Float32Array(entries.buffer);
  const next = starts.slice();
  visitAll((row, column, factor) => {
    const at = 2 * next[row]++;
    entries[at] = column;
    factors[at + 1] = factor;
  });
  return { starts: constant(`rows of ${label}`, starts), entries: constant(`entries of ${label}`, entries) };
}
