import type { Tensor } from "@tensorflow/tfjs-core";
import type { Concat, Constant, Identity, Pad, Reshape, Slice, Transpose } from "../../../network/spec.js";
import { type MakeOperator, withShape } from "./operator.js";
import { asImages, explicitPads, spatialWindow } from "./window.js";

export const makeConstant: MakeOperator<Constant> = (node, { tf, constant }) => {
  const value = constant(node.data, [1, ...node.shape]);
  return { forward: () => tf.clone(value), vjp: () => [] };
};

export const makeConcat: MakeOperator<Concat> = (node, { tf, wanted }) => {
  const axis = node.axis + 1;
  const starts = node.inputShapes.map((_, j) =>
    node.inputShapes.slice(0, j).reduce((sum, shape) => sum + shape[node.axis], 0),
  );
  return {
    forward(inputs) {
      const batch = Math.max(...inputs.map((x) => x.shape[0]));
      const repeated = inputs.map((x) =>
        x.shape[0] === batch ? x : tf.tile(x, [batch, ...x.shape.slice(1).map(() => 1)]),
      );
      return tf.concat(repeated as Tensor[], axis);
    },
    vjp: (_inputs, _output, dy) =>
      node.inputShapes.map((shape, j) => {
        if (!wanted[j]) return null;
        const begin = dy.shape.map((_, a) => (a === axis ? starts[j] : 0));
        return tf.slice(dy, begin, [dy.shape[0], ...shape]);
      }),
  };
};

export const makePad: MakeOperator<Pad> = (node, { tf }) => {
  const [top, left] = node.pads;
  const [height, width] = node.inputShapes[0];
  return {
    forward: ([x]) => tf.pad(asImages(x), explicitPads(node.pads)),
    vjp: (_inputs, _output, dy) => [tf.clone(spatialWindow(tf, asImages(dy), [top, left], [height, width]))],
  };
};

export const makeSlice: MakeOperator<Slice> = (node, { tf }) => ({
  forward: ([x]) => tf.slice(x, [0, ...node.starts], [x.shape[0], ...node.shape]),
  vjp: (_inputs, _output, dy) => [
    tf.pad(dy, [
      [0, 0],
      ...node.starts.map((start, a): [number, number] => [start, node.inputShapes[0][a] - node.ends[a]]),
    ]),
  ],
});

export const makeReshape: MakeOperator<Reshape> = (node, { tf }) => ({
  forward: ([x]) => withShape(tf, x, node.shape),
  vjp: (_inputs, _output, dy) => [withShape(tf, dy, node.inputShapes[0])],
});

export const makeTranspose: MakeOperator<Transpose> = (node, { tf }) => {
  const forward = [0, ...node.perm.map((a) => a + 1)];
  const backward = forward.map((_, a) => forward.indexOf(a));
  return {
    forward: ([x]) => tf.transpose(x, forward),
    vjp: (_inputs, _output, dy) => [tf.transpose(dy, backward)],
  };
};

export const makeIdentity: MakeOperator<Identity> = (_node, { tf }) => ({
  forward: ([x]) => tf.clone(x),
  vjp: (_inputs, _output, dy) => [tf.clone(dy)],
});
