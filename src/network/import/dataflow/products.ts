/** Products of two values, as attention has them. */

import { sizeOf } from "../../spec.js";
import { valueText } from "../failure.js";
import type { Value } from "../graph_builder.js";
import {
  type Activation,
  besideEachOther,
  isActivation,
  longAxes,
  type Operand,
  shapeIn,
} from "./activation.js";
import { withRank } from "./axes.js";
import type { Flow } from "./flow.js";
import { foldMatMul } from "./folding.js";
import { ofOneImage } from "./images.js";
import { dense } from "./layers.js";
import { expand } from "./places.js";
import { broadcastDims, broadcastTo, type Dims, padRank, reshaped, transposed } from "./tensor.js";

/**
 * `[.., M, K]` by `[.., K, N]`, leading axes broadcast; at least one of them depends on the image. Images are leading axes in
 * each that does, so that no product takes values of two images.
 *
 * @throws UnsupportedOperatorError where it would
 */
export function matMul(flow: Flow, a: Operand, b: Operand): Activation {
  const rank = Math.max(a.dims.length, b.dims.length);
  const raised = [a, b].map((operand) => lift(operand, rank));
  const [first, ...others] = raised.filter(isActivation);
  const lifted = raised.map((operand) =>
    isActivation(operand) ? operand : ofOneImage(flow, operand, first),
  );
  const [left, right] = lifted;
  const lead = broadcastDims(left.dims.slice(0, -2), right.dims.slice(0, -2));
  if (lead === undefined || left.dims[rank - 1] !== right.dims[rank - 2])
    return flow.reject(
      `shapes are ${valueText(a.dims)} and ${valueText(b.dims)}, expected matrices that fit`,
    );
  const { batch, outer } = first;
  // With a constant, rows or columns may be of several images.
  const free = others.length > 0 ? undefined : isActivation(left) ? rank - 2 : rank - 1;
  const isApart = batch !== free && (batch >= rank - 2 || first.dims[batch] !== lead[batch]);
  if (isApart || others.some((other) => !besideEachOther(other, first)))
    flow.mixesImages("it multiplies along");

  const stretched = bothLead(left.dims, right.dims) ? lifted.map((one) => grow(flow, one, lead)) : lifted;
  const leader = stretched.filter(isActivation).find(({ dims }) => longAxes(dims.slice(0, -2)).length > 0);
  const order = leader
    ? leader.order.filter((axis) => axis < rank - 2 && leader.dims[axis] !== 1)
    : longAxes(lead);
  const [x, y] = stretched;
  const rows = place(flow, x, order, [rank - 2, rank - 1]);
  // The way that the second operand lies needs no move.
  const transposeB = isActivation(y) && y.order[y.order.length - 1] === rank - 2 && y.dims[rank - 2] !== 1;
  const columns = place(flow, y, order, transposeB ? [rank - 1, rank - 2] : [rank - 2, rank - 1]);
  const value = flow.add({ op: "MatMul", ...(transposeB && { transposeB }) }, [rows, columns]);
  const dims = [...lead, left.dims[rank - 2], right.dims[rank - 1]];
  return {
    kind: "activation",
    dims,
    batch,
    ...(outer && { outer }),
    order: [...order, rank - 2, rank - 1],
    value,
  };
}

/** A product of matrices of any operands: constants at once, one constant matrix as a dense layer. */
export function product(flow: Flow, a: Operand, b: Operand): Operand {
  if (!isActivation(a)) {
    if (!isActivation(b)) return foldMatMul(flow, a, b);
    // W x is x W with the axes of x the other way round: a product along the last axis but one.
    if (a.dims.length === 2 && b.dims.length >= 2)
      return dense(flow, b, b.dims.length - 2, transposed(a, [1, 0]));
  } else if (!isActivation(b) && b.dims.slice(0, -2).every((n) => n === 1) && b.dims.length <= a.dims.length)
    return dense(flow, a, a.dims.length - 1, reshaped(b, b.dims.slice(-2)));
  return matMul(flow, a, b);
}

function lift(operand: Operand, rank: number): Operand {
  return isActivation(operand) ? withRank(operand, rank) : reshaped(operand, padRank(operand.dims, rank));
}

/** Whether both have leading axes that are not the same. */
function bothLead(a: Dims, b: Dims): boolean {
  const [left, right] = [a.slice(0, -2), b.slice(0, -2)];
  if (longAxes(left).length === 0 || longAxes(right).length === 0) return false;
  return left.some((n, axis) => n !== right[axis]);
}

function grow(flow: Flow, operand: Operand, lead: Dims): Operand {
  const dims = [...lead, ...operand.dims.slice(-2)];
  if (isActivation(operand)) return expand(flow, operand, dims);
  flow.reserve(sizeOf(dims));
  return broadcastTo(operand, dims);
}

/** The operand's own leading axes in their order, then those of its matrices. */
function place(flow: Flow, operand: Operand, lead: readonly number[], matrix: readonly number[]): Value {
  const order = [...lead.filter((axis) => operand.dims[axis] !== 1), ...matrix];
  if (isActivation(operand)) return flow.arrange(operand, order).value;
  const rest = operand.dims.map((_, axis) => axis).filter((axis) => !order.includes(axis));
  return flow.constant(transposed(operand, [...rest, ...order]), shapeIn(operand.dims, order));
}
