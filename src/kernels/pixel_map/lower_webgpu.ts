import { type AnyOperator, type Node, sizeOf } from "../node.js";
import { dispatch, perUnit } from "../webgpu/dispatch.js";
import { type ForwardContext, type Lowering, NOTHING } from "../webgpu/lowering.js";
import { ALONE } from "../webgpu/shader.js";
import { type CompressedRows, type PixelMap, rowsOf } from "./pixel_map.js";
import { pixelMapShader } from "./wgsl.js";

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
    forward(step, { emit, value, constant, varies }) {
      const { name } = step.node;
      const map = mapOf(step.node);
      const shape = elements(channelsOf(step.node), map.outputs, map.inputs);
      const [x, y] = [value(step.inputs[0]), value(step.output)];
      const shader = pixelMapShader({ extent: "images", vector: shape.vector, share: ALONE });
      const tensors = { x, y, ...rows(name, rowsOf(map, false), constant) };
      emit(
        dispatch(name, shader, { ...shape.params, low: 0, high: 0 }, tensors, perUnit(shape.params.units)),
      );
      if (!varies(step.inputs[0])) return NOTHING;
      return rows(`transposed ${name}`, rowsOf(map, true), constant);
    },
    vjp(step, { emit, kept, cotangent, into, varies }) {
      const [input] = step.inputs;
      if (!varies(input)) return;
      const { name, inputShapes } = step.node;
      const channels = channelsOf(step.node);
      const shape = elements(channels, sizeOf(inputShapes[0]) / channels, cotangent.units / channels);
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

/** Rows on the device: each column beside the bits of its factor. */
function rows(
  label: string,
  { starts, columns, factors }: CompressedRows,
  constant: ForwardContext["constant"],
) {
  // A buffer is never empty.
  const entries = new Uint32Array(2 * Math.max(1, columns.length));
  const bits = new Uint32Array(factors.buffer, factors.byteOffset, factors.length);
  columns.forEach((column, j) => {
    entries[2 * j] = column;
    entries[2 * j + 1] = bits[j];
  });
  return {
    starts: constant(`rows of ${label}`, Uint32Array.from(starts)),
    entries: constant(`entries of ${label}`, entries),
  };
}
