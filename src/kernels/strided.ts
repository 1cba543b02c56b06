import { type Shape, sizeOf } from "./node.js";

/** Distance in a flat row-major array between neighbours along each axis. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; step *= shape[axis--]) strides[axis] = step;
  return strides;
}

/**
 * Offsets `start + sum_a index[a] * strides[a]` for every index of `shape`, in row-major order: a strided view.
 * Broadcasting is a view with stride 0, a transpose one with permuted strides, a slice one with a start.
 */
export function stridedOffsets(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const offsets = new Int32Array(sizeOf(shape));
  const index = new Int32Array(shape.length);
  for (let i = 0, offset = start; i < offsets.length; i++) {
    offsets[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= index[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return offsets;
}

/** `result[i] = values[offsets[i]]`. */
export function gather(values: Float64Array, offsets: Int32Array): Float64Array {
  return Float64Array.from(offsets, (offset) => values[offset]);
}

/** The transpose of {@link gather}: `result[offsets[i]] += values[i]`, from a zero `result` of `size` values. */
export function scatterAdd(values: Float64Array, offsets: Int32Array, size: number): Float64Array {
  const result = new Float64Array(size);
  for (let i = 0; i < offsets.length; i++) result[offsets[i]] += values[i];
  return result;
}

/** For each index of `to`, the offset of the value of a `from` array that is repeated there (NumPy broadcasting). */
export function broadcastOffsets(from: Shape, to: Shape): Int32Array {
  const missing = to.length - from.length;
  const strides = rowMajorStrides(from);
  return stridedOffsets(
    to,
    to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : strides[axis - missing])),
  );
}

/** NumPy broadcast of two valid shapes: aligned at the last axis, a missing axis or a 1 stretches. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    return x === 1 ? y : x;
  });
}
