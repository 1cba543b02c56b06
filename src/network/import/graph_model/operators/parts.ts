/** Operators that take parts of values, and put parts together. */

import { sizeOf } from "../../../spec.js";
import { type Activation, isActivation, type Operand } from "../../dataflow/activation.js";
import { withRank } from "../../dataflow/axes.js";
import { tiled } from "../../dataflow/folding.js";
import { concat, type Part, partOf, take } from "../../dataflow/parts.js";
import { expand, gather } from "../../dataflow/places.js";
import { broadcastDims, broadcastTo, concatenated, gathered, sliced } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import { checkLengths } from "../lengths.js";
import type { TfNode } from "../node.js";
import { withAxis, withoutAxes } from "./axes.js";
import { operator, type TfOperators } from "./operator.js";

/** More outputs than any layer has. */
const MOST_OUTPUTS = 4096;

function joined(node: TfNode, operands: readonly Operand[], axis: number): Operand {
  if (operands.some(isActivation)) return concat(node, operands, axis);
  const tensors = operands.flatMap((one) => (isActivation(one) ? [] : [one]));
  const [first] = tensors;
  const agree = tensors.every(
    ({ dims }) =>
      dims.length === first.dims.length && dims.every((n, a) => a === axis || n === first.dims[a]),
  );
  if (!agree)
    node.reject(
      `shapes are ${tensors.map((one) => valueText(one.dims)).join(", ")}, expected shapes that differ on axis ${axis} only`,
    );
  node.reserve(tensors.reduce((sum, { data }) => sum + data.length, 0));
  return concatenated(tensors, axis);
}

function runConcatV2(node: TfNode): Operand {
  node.expectInputs(2, Infinity);
  const [axis] = node.list(node.operands.length - 1, "axis");
  const operands = node.operands.slice(0, -1);
  return joined(node, operands, node.axis(axis, operands[0].dims.length));
}

/** As graphs joined before TensorFlow 1.0: the axis first. */
function runConcat(node: TfNode): Operand {
  node.expectInputs(2, Infinity);
  const [, ...operands] = node.operands;
  return joined(node, operands, node.axis(node.number(0, "axis"), operands[0].dims.length));
}

function runPack(node: TfNode): Operand {
  node.expectInputs(1, Infinity);
  const axis = node.axis(node.integer("axis", 0), node.operands[0].dims.length + 1);
  return joined(
    node,
    node.operands.map((x) => withAxis(node, x, axis)),
    axis,
  );
}

function takePart(node: TfNode, x: Operand, part: Part): Operand {
  if (isActivation(x)) return take(node, x, part);
  const dims = x.dims.map((n, axis) => (axis === part.axis ? part.count : n));
  const starts = x.dims.map((_, axis) => (axis === part.axis ? part.start : 0));
  const steps = x.dims.map((_, axis) => (axis === part.axis ? part.step : 1));
  node.reserve(sizeOf(dims));
  return sliced(x, starts, steps, dims);
}

function runUnpack(node: TfNode): readonly Operand[] {
  const x = node.operand(0);
  const axis = node.axis(node.integer("axis", 0), x.dims.length);
  checkOutputs(node, x.dims[axis]);
  return Array.from({ length: x.dims[axis] }, (_, start) =>
    withoutAxes(node, takePart(node, x, { axis, start, step: 1, count: 1 }), [axis]),
  );
}

function checkOutputs(node: TfNode, count: number): void {
  if (!(Number.isInteger(count) && count > 0 && count <= MOST_OUTPUTS))
    node.reject(`it has ${count} outputs, expected 1 to ${MOST_OUTPUTS}`);
}

function runSlice(node: TfNode): Operand {
  const x = node.operand(0);
  const [begin, size] = [node.list(1, "begin"), node.list(2, "size")];
  if (begin.length !== x.dims.length || size.length !== x.dims.length)
    node.reject(`begin ${valueText(begin)} and size ${valueText(size)}, expected one for each axis`);
  return x.dims.reduce<Operand>((rest, n, axis) => {
    const count = size[axis] === -1 ? n - begin[axis] : size[axis];
    if (begin[axis] < 0 || count < 0 || begin[axis] + count > n)
      node.reject(
        `begin ${valueText(begin)} and size ${valueText(size)}, expected a part of ${valueText(x.dims)}`,
      );
    return takePart(node, rest, { axis, start: begin[axis], step: 1, count });
  }, x);
}

/** NumPy's `x[begin:end:strides]`, with masks for ends left out, ellipses, new axes and single indices. */
function runStridedSlice(node: TfNode): Operand {
  let x = node.operand(0);
  const { dims } = x;
  const [begin, end, strides] = [node.list(1, "begin"), node.list(2, "end"), node.list(3, "strides")];
  if (end.length !== begin.length || strides.length !== begin.length)
    node.reject(
      `begin ${valueText(begin)}, end ${valueText(end)} and strides ${valueText(strides)}, expected as many of each`,
    );
  const mask = (name: string): ((i: number) => boolean) => {
    const bits = node.integer(name, 0);
    return (i) => i < 31 && (bits & (1 << i)) !== 0;
  };
  const [beginOpen, endOpen, isEllipsis, isNew, shrinks] = [
    mask("begin_mask"),
    mask("end_mask"),
    mask("ellipsis_mask"),
    mask("new_axis_mask"),
    mask("shrink_axis_mask"),
  ];
  const taken = begin.filter((_, i) => !isNew(i) && !isEllipsis(i)).length;
  const shrunk: number[] = [];
  let axis = 0;
  for (const [i, from] of begin.entries()) {
    if (isEllipsis(i)) axis += Math.max(0, dims.length - taken);
    else if (isNew(i)) x = withAxis(node, x, axis++);
    else {
      const n = x.dims[axis];
      if (n === undefined) node.reject(`it slices more axes than ${valueText(dims)} has`);
      if (shrinks(i)) {
        const start = from < 0 ? from + n : from;
        if (!(start >= 0 && start < n)) node.reject(`index ${from} of axis ${axis}, which has ${n} values`);
        x = takePart(node, x, { axis, start, step: 1, count: 1 });
        shrunk.push(axis);
      } else {
        const step = strides[i];
        const first = beginOpen(i) ? (step > 0 ? 0 : n) : from;
        const last = endOpen(i) ? (step > 0 ? n : -n - 1) : end[i];
        x = takePart(node, x, partOf(node, n, axis, first, last, step));
      }
      axis++;
    }
  }
  return shrunk.length > 0 ? withoutAxes(node, x, shrunk) : x;
}

function split(node: TfNode, x: Operand, axis: number, lengths: readonly number[]): readonly Operand[] {
  checkOutputs(node, lengths.length);
  const total = lengths.reduce((sum, n) => sum + n, 0);
  if (total !== x.dims[axis] || lengths.some((n) => n < 0))
    node.reject(`it splits ${x.dims[axis]} values into ${valueText(lengths)}`);
  let start = 0;
  return lengths.map((count) => {
    const part = takePart(node, x, { axis, start, step: 1, count });
    start += count;
    return part;
  });
}

function runSplit(node: TfNode): readonly Operand[] {
  const x = node.operand(1);
  const axis = node.axis(node.number(0, "axis"), x.dims.length);
  const count = node.integer("num_split", 1);
  checkOutputs(node, count);
  if (x.dims[axis] % count !== 0) node.reject(`it splits ${x.dims[axis]} values into ${count} equal parts`);
  return split(node, x, axis, new Array<number>(count).fill(x.dims[axis] / count));
}

function runSplitV(node: TfNode): readonly Operand[] {
  const x = node.operand(0);
  const axis = node.axis(node.number(2, "axis"), x.dims.length);
  const given = node.list(1, "sizes");
  const rest = x.dims[axis] - given.reduce((sum, n) => sum + Math.max(0, n), 0);
  return split(
    node,
    x,
    axis,
    given.map((n) => (n === -1 ? rest : n)),
  );
}

function runGather(node: TfNode): Operand {
  const x = node.operand(0);
  const indices = node.given(1, "indices");
  if (node.integer("batch_dims", 0) !== 0) node.unsupported("batch_dims");
  const axis = node.axis(node.operands.length > 2 ? node.number(2, "axis") : 0, x.dims.length);
  if (isActivation(x)) return gather(node, x, axis, indices);
  const length = x.dims[axis];
  const wrong = indices.data.find((at) => !Number.isInteger(at) || at < 0 || at >= length);
  if (wrong !== undefined) node.reject(`index ${wrong} of axis ${axis}, which has ${length} values`);
  const dims = [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)];
  checkLengths(node, dims);
  node.reserve(sizeOf(dims));
  return gathered(x, axis, indices);
}

function runReverse(node: TfNode): Operand {
  const x = node.operand(0);
  const axes = node.axes(node.list(1, "axes"), x.dims.length);
  return axes.reduce<Operand>(
    (rest, axis) => takePart(node, rest, { axis, start: x.dims[axis] - 1, step: -1, count: x.dims[axis] }),
    x,
  );
}

function runTile(node: TfNode): Operand {
  const x = node.operand(0);
  const repeats = node.list(1, "multiples");
  if (repeats.length !== x.dims.length || repeats.some((n) => n < 1 || n > MOST_OUTPUTS))
    node.reject(`multiples are ${valueText(repeats)}, expected one for each axis of ${valueText(x.dims)}`);
  if (!isActivation(x)) return tiled(node, x, repeats);
  return repeats.reduce<Activation>(
    (grown, n, axis) => (n === 1 ? grown : concat(node, new Array<Activation>(n).fill(grown), axis)),
    x,
  );
}

function runBroadcastTo(node: TfNode): Operand {
  const x = node.operand(0);
  const dims = node.list(1, "shape");
  checkLengths(node, dims);
  const both = broadcastDims(x.dims, dims);
  if (both === undefined || both.some((n, axis) => n !== dims[axis]) || both.length !== dims.length)
    node.reject(`shape is ${valueText(dims)}, expected one that ${valueText(x.dims)} broadcasts to`);
  if (isActivation(x)) return expand(node, withRank(x, dims.length), dims);
  node.reserve(sizeOf(dims));
  return broadcastTo(x, dims);
}

export const PARTS: TfOperators = {
  Concat: operator(["Concat"], runConcat),
  ConcatV2: operator(["Concat"], runConcatV2),
  Pack: operator(["Concat"], runPack),
  Unpack: operator(["Slice"], runUnpack),
  Slice: operator(["Slice"], runSlice),
  StridedSlice: operator(["Slice", "Concat"], runStridedSlice),
  Split: operator(["Slice"], runSplit),
  SplitV: operator(["Slice"], runSplitV),
  Gather: operator(["Slice", "Concat"], runGather),
  GatherV2: operator(["Slice", "Concat"], runGather),
  ReverseV2: operator(["Slice", "Concat"], runReverse),
  Tile: operator(["Concat"], runTile),
  BroadcastTo: operator(["Concat"], runBroadcastTo),
};
