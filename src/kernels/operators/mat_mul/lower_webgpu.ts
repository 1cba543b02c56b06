import { type Dispatch, dispatch, type Tensor } from "../../webgpu/dispatch.js";
import { type Lowering, NOTHING } from "../../webgpu/lowering.js";
import { ALONE } from "../../webgpu/shader.js";
import { type MatrixProduct, type OperandStrides, productOf } from "./product.js";
import type { MatMul } from "./spec.js";
import { type ProductStructure, productShader, TILE } from "./wgsl.js";

/** The vjp reads both operands as they lie. */
export const lowering: Lowering<MatMul> = {
  forward({ node, inputs, output }, { emit, value }) {
    const product = productOf(node);
    const { rows, columns, depth, a, b } = product;
    const [left, right] = inputs.map(value);
    emit(
      productDispatch(
        node.name,
        product,
        { extent: "images", left: "image", right: "image", share: ALONE },
        { rows, columns, depth, rounds: 1 },
        { tensor: left, ...a, round: 0 },
        { tensor: right, ...b, round: 0 },
        { y: value(output) },
        { low: 0, high: 0 },
      ),
    );
    return NOTHING;
  },

  vjp({ node, inputs }, { emit, value, cotangent, slots, into, varies }) {
    const product = productOf(node);
    const { batches, rows, columns, depth, a, b } = product;
    // An operand that all products share takes the sum over them.
    const walked = (own: OperandStrides, strides: OperandStrides) =>
      own.batch === 0 ? { ...strides, batch: 0, round: strides.batch } : { ...strides, round: 0 };
    const sizes = (own: OperandStrides) => ({
      batches: own.batch === 0 ? 1 : batches,
      rounds: own.batch === 0 ? batches : 1,
    });
    const byRows = { tensor: cotangent, batch: rows * columns, outer: columns, depth: 1 };
    const byColumns = { tensor: cotangent, batch: rows * columns, outer: 1, depth: columns };
    if (varies(inputs[0])) {
      const { target: y, share, tensors, clamp } = into(inputs[0]);
      emit(
        productDispatch(
          node.name,
          { ...product, ...sizes(a) },
          { extent: "cotangents", left: "cotangent", right: "image", share },
          { rows, columns: depth, depth: columns, rounds: sizes(a).rounds },
          { tensor: cotangent, ...walked(a, byRows) },
          { tensor: value(inputs[1]), ...walked(a, { ...b, outer: b.depth, depth: b.outer }) },
          { y, slots, ...tensors },
          clamp,
        ),
      );
    }
    if (varies(inputs[1])) {
      const { target: y, share, tensors, clamp } = into(inputs[1]);
      const first = { tensor: value(inputs[0]), ...walked(b, { ...a, outer: a.depth, depth: a.outer }) };
      const g = { tensor: cotangent, ...walked(b, byColumns) };
      // In the order in which the operand lies.
      const turned = node.transposeB === true;
      emit(
        productDispatch(
          node.name,
          { ...product, ...sizes(b) },
          {
            extent: "cotangents",
            left: turned ? "cotangent" : "image",
            right: turned ? "image" : "cotangent",
            share,
          },
          {
            rows: turned ? columns : depth,
            columns: turned ? depth : columns,
            depth: rows,
            rounds: sizes(b).rounds,
          },
          turned ? g : first,
          turned ? first : g,
          { y, slots, ...tensors },
          clamp,
        ),
      );
    }
  },
};

/** An operand of a kernel, with the distance from one round of the sum to the next. */
interface Operand extends OperandStrides {
  readonly tensor: Tensor;
  readonly round: number;
}

function productDispatch(
  label: string,
  { batches }: MatrixProduct,
  structure: ProductStructure,
  sizes: { readonly rows: number; readonly columns: number; readonly depth: number; readonly rounds: number },
  left: Operand,
  right: Operand,
  tensors: Readonly<Record<string, Tensor>>,
  clamp: { readonly low: number; readonly high: number },
): Dispatch {
  const { rows, columns, depth, rounds } = sizes;
  const tiles = batches * Math.ceil(rows / TILE) * Math.ceil(columns / TILE);
  return {
    ...dispatch(
      label,
      productShader(structure),
      {
        ...{ batches, rows, columns, depth, rounds },
        leftUnits: left.tensor.units,
        ...{ leftBatch: left.batch, leftRow: left.outer, leftDepth: left.depth, leftRound: left.round },
        rightUnits: right.tensor.units,
        ...{
          rightBatch: right.batch,
          rightColumn: right.outer,
          rightDepth: right.depth,
          rightRound: right.round,
        },
        ...clamp,
      },
      { left: left.tensor, right: right.tensor, ...tensors },
      { rows: tiles, tile: 1, times: 1 },
    ),
    macs: batches * rounds * rows * columns * depth,
  };
}
