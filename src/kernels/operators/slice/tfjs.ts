import type { Tensor } from "@tensorflow/tfjs-core";
import type { Node } from "../../node.js";
import type { TfNamespace } from "../../tfjs/namespace.js";
import type { MakeOperator } from "../../tfjs/operator.js";
import type { Slice } from "./spec.js";

export const make: MakeOperator<Slice> = (node, { tf }) => ({
  forward: ([x]) => {
    const block = blockOf(node);
    const cut = tf.slice(x, [0, ...block.starts], [x.shape[0], ...block.sizes]);
    return block.stepped.reduce(
      (y, { axis, places }) => tf.gather(y, tf.tensor1d(places, "int32"), axis + 1),
      cut,
    );
  },
  vjp(_inputs, _output, dy) {
    const { starts, sizes, stepped } = blockOf(node);
    const block = stepped.reduce((g, { axis, places }) => spread(tf, g, axis + 1, places, sizes[axis]), dy);
    return [
      tf.pad(block, [
        [0, 0],
        ...starts.map((start, a): [number, number] => [start, node.inputShapes[0][a] - start - sizes[a]]),
      ]),
    ];
  },
});

/** The block without gaps that the values are in, and on each axis that goes by other steps than 1 the places there. */
function blockOf({ starts, steps, shape }: Node<Slice>) {
  const reach = shape.map((n, a) => (n - 1) * (steps?.[a] ?? 1));
  return {
    starts: starts.map((start, a) => Math.min(start, start + reach[a])),
    sizes: reach.map((n) => Math.abs(n) + 1),
    stepped: shape.flatMap((n, axis) => {
      const step = steps?.[axis] ?? 1;
      if (step === 1) return [];
      const first = step < 0 ? -reach[axis] : 0;
      return [{ axis, places: Array.from({ length: n }, (_, i) => first + i * step) }];
    }),
  };
}

/** `[.., places, ..]` to `[.., size, ..]`: each at its place, zeros between. */
function spread(tf: TfNamespace, g: Tensor, axis: number, places: readonly number[], size: number): Tensor {
  // A row of zeros behind the others is what is not among the places.
  const padded = tf.pad(
    g,
    g.shape.map((_, a): [number, number] => [0, a === axis ? 1 : 0]),
  );
  const sources = Array.from({ length: size }, (_, i) => {
    const place = places.indexOf(i);
    return place < 0 ? places.length : place;
  });
  return tf.gather(padded, tf.tensor1d(sources, "int32"), axis);
}
