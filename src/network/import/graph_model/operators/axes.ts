/** Operators that rename, split and join axes. */

import { sizeOf } from "../../../spec.js";
import { isActivation, type Operand } from "../../dataflow/activation.js";
import { checkPerm, reshape, squeeze, transpose, unsqueeze } from "../../dataflow/axes.js";
import { reshaped, transposed } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import { checkLengths } from "../lengths.js";
import type { TfNode } from "../node.js";
import { operator, pointwise, type TfOperators } from "./operator.js";

export function reshapeTo(node: TfNode, x: Operand, dims: readonly number[]): Operand {
  checkLengths(node, dims);
  if (isActivation(x)) return reshape(node, x, dims);
  if (sizeOf(dims) !== x.data.length)
    node.reject(`shape is ${valueText(dims)}, expected the ${x.data.length} values of ${valueText(x.dims)}`);
  return reshaped(x, dims);
}

function runReshape(node: TfNode): Operand {
  const x = node.operand(0);
  const target = node.list(1, "shape");
  const known = sizeOf(target.filter((n) => n !== -1));
  return reshapeTo(
    node,
    x,
    target.map((n) => (n === -1 ? sizeOf(x.dims) / known : n)),
  );
}

function runTranspose(node: TfNode): Operand {
  const x = node.operand(0);
  const perm = node.list(1, "perm");
  if (isActivation(x)) return transpose(node, x, perm);
  checkPerm(node, perm, x.dims.length);
  return transposed(x, perm);
}

export function withoutAxes(node: TfNode, x: Operand, axes: readonly number[]): Operand {
  if (!isActivation(x)) {
    const long = axes.find((axis) => x.dims[axis] !== 1);
    if (long !== undefined) node.reject(`axis ${long} has length ${x.dims[long]}, expected 1`);
    return reshaped(
      x,
      x.dims.filter((_, axis) => !axes.includes(axis)),
    );
  }
  const spread = node.spreadOf(x);
  const y = squeeze(node, x, axes);
  return spread
    ? node.setSpread(
        y,
        spread.filter((_, axis) => !axes.includes(axis)),
      )
    : y;
}

export function withAxis(node: TfNode, x: Operand, axis: number): Operand {
  const longer = <T>(list: readonly T[], one: T): T[] => [...list.slice(0, axis), one, ...list.slice(axis)];
  if (!isActivation(x)) return reshapeTo(node, x, longer(x.dims, 1));
  const spread = node.spreadOf(x);
  const y = unsqueeze(x, [axis]);
  return spread ? node.setSpread(y, longer(spread, 1)) : y;
}

function runSqueeze(node: TfNode): Operand {
  const x = node.operand(0);
  const given = [...node.integers("squeeze_dims"), ...node.integers("axis")];
  // An axis along which small images are spread is 1 long for the graph where this one is as long as the block.
  if (isActivation(x) && node.spreadOf(x) && given.length === 0) node.unsupported("of no named axes here");
  const axes =
    given.length > 0
      ? node.axes(given, x.dims.length)
      : x.dims.flatMap((n, axis) => (n === 1 && !countsImages(x, axis) ? [axis] : []));
  return withoutAxes(node, x, axes);
}

/** Whether an axis counts images, of which there may be more than one. */
function countsImages(x: Operand, axis: number): boolean {
  return isActivation(x) && axis === x.batch;
}

function runExpandDims(node: TfNode): Operand {
  const x = node.operand(0);
  const [axis] = node.list(1, "axis");
  return withAxis(node, x, node.axis(axis, x.dims.length + 1));
}

export const AXES: TfOperators = {
  Reshape: operator(["Reshape", "Transpose"], runReshape),
  Transpose: operator([], runTranspose),
  Squeeze: pointwise(["Reshape"], runSqueeze),
  ExpandDims: pointwise([], runExpandDims),
};
