/** Operators that move, split, join and reduce axes. */

import { sizeOf } from "../../../spec.js";
import { type Activation, isActivation, type Operand } from "../../dataflow/activation.js";
import { checkPerm, reshape, squeeze, transpose, unsqueeze } from "../../dataflow/axes.js";
import { checkDims, filled, foldAlong, foldPad, range, tiled } from "../../dataflow/folding.js";
import { type Border, concat, expand, gather, type Part, pad, partOf, take } from "../../dataflow/parts.js";
import { type Reduction, reduce } from "../../dataflow/reductions.js";
import { resize, type Sampling } from "../../dataflow/resize.js";
import {
  broadcastTo,
  concatenated,
  gathered,
  integers,
  reshaped,
  sliced,
  transposed,
} from "../../dataflow/tensor.js";
import { channelsLast } from "../../dataflow/window.js";
import { valueText } from "../../failure.js";
import type { TfNode } from "../node.js";
import { operator, type TfOperator, type TfOperators } from "./operator.js";

function reshapeTo(node: TfNode, x: Operand, dims: readonly number[]): Operand {
  if (isActivation(x)) return reshape(node, x, dims);
  if (sizeOf(dims) !== x.data.length)
    node.reject(`shape is ${valueText(dims)}, expected the ${x.data.length} values of ${valueText(x.dims)}`);
  return reshaped(x, dims);
}

function runReshape(node: TfNode): Operand {
  const x = node.operand(0);
  const target = node.list(1, "shape");
  const known = sizeOf(target.filter((n) => n !== -1));
  const dims = target.map((n) => (n === -1 ? sizeOf(x.dims) / known : n));
  checkDims(node, dims);
  return reshapeTo(node, x, dims);
}

function runTranspose(node: TfNode): Operand {
  const x = node.operand(0);
  const perm = node.list(1, "perm");
  if (isActivation(x)) return transpose(node, x, perm);
  checkPerm(node, perm, x.dims.length);
  return transposed(x, perm);
}

function runSqueeze(node: TfNode): Operand {
  const x = node.operand(0);
  const given = [...node.integers("squeeze_dims"), ...node.integers("axis")];
  const axes =
    given.length > 0
      ? node.axes(given, x.dims.length)
      : x.dims.flatMap((n, axis) => (n === 1 && !(isActivation(x) && axis === x.batch) ? [axis] : []));
  if (isActivation(x)) return squeeze(node, x, axes);
  return reshapeTo(
    node,
    x,
    x.dims.filter((_, axis) => !axes.includes(axis)),
  );
}

function expandAxis(node: TfNode, x: Operand, axis: number): Operand {
  if (isActivation(x)) return unsqueeze(x, [axis]);
  return reshapeTo(node, x, [...x.dims.slice(0, axis), 1, ...x.dims.slice(axis)]);
}

function runExpandDims(node: TfNode): Operand {
  const x = node.operand(0);
  const [axis] = node.list(1, "axis");
  return expandAxis(node, x, node.axis(axis, x.dims.length + 1));
}

function joined(node: TfNode, operands: readonly Operand[], axis: number): Operand {
  if (operands.some(isActivation)) return concat(node, operands, axis);
  const tensors = operands.flatMap((one) => (isActivation(one) ? [] : [one]));
  const [first] = tensors;
  const agree = tensors.every(
    ({ dims }) =>
      dims.length === first.dims.length && dims.every((n, a) => a === axis || n === first.dims[a]),
  );
  if (!agree) node.reject("its inputs have shapes that do not fit");
  return concatenated(tensors, axis);
}

function runConcatV2(node: TfNode): Operand {
  const [axis] = node.list(node.operands.length - 1, "axis");
  const operands = node.operands.slice(0, -1);
  if (operands.length === 0) node.reject("it joins nothing");
  return joined(node, operands, node.axis(axis, operands[0].dims.length));
}

function runPack(node: TfNode): Operand {
  if (node.operands.length === 0) node.reject("it joins nothing");
  const axis = node.axis(node.integer("axis", 0), node.operands[0].dims.length + 1);
  return joined(
    node,
    node.operands.map((x) => expandAxis(node, x, axis)),
    axis,
  );
}

function takePart(node: TfNode, x: Operand, part: Part): Operand {
  if (isActivation(x)) return take(node, x, part);
  const dims = x.dims.map((n, axis) => (axis === part.axis ? part.count : n));
  const starts = x.dims.map((_, axis) => (axis === part.axis ? part.start : 0));
  const steps = x.dims.map((_, axis) => (axis === part.axis ? part.step : 1));
  return sliced(x, starts, steps, dims);
}

function withoutAxes(node: TfNode, x: Operand, axes: readonly number[]): Operand {
  if (isActivation(x)) return squeeze(node, x, axes);
  return reshaped(
    x,
    x.dims.filter((_, axis) => !axes.includes(axis)),
  );
}

function runUnpack(node: TfNode): readonly Operand[] {
  const x = node.operand(0);
  const axis = node.axis(node.integer("axis", 0), x.dims.length);
  node.ignore("num");
  return Array.from({ length: x.dims[axis] }, (_, start) =>
    withoutAxes(node, takePart(node, x, { axis, start, step: 1, count: 1 }), [axis]),
  );
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
  const [begin, end, strides] = [node.list(1, "begin"), node.list(2, "end"), node.list(3, "strides")];
  const mask = (name: string) => node.integer(name, 0);
  const [beginMask, endMask, ellipsis, newAxis, shrink] = [
    mask("begin_mask"),
    mask("end_mask"),
    mask("ellipsis_mask"),
    mask("new_axis_mask"),
    mask("shrink_axis_mask"),
  ];
  const has = (bits: number, i: number): boolean => (bits & (1 << i)) !== 0;
  const taken = begin.filter((_, i) => !has(newAxis, i) && !has(ellipsis, i)).length;
  const shrunk: number[] = [];
  let axis = 0;
  begin.forEach((_, i) => {
    if (has(ellipsis, i)) axis += node.operand(0).dims.length - taken;
    else if (has(newAxis, i)) x = expandAxis(node, x, axis++);
    else {
      const n = x.dims[axis];
      if (n === undefined) node.reject(`it slices more axes than ${valueText(node.operand(0).dims)} has`);
      if (has(shrink, i)) {
        const start = begin[i] < 0 ? begin[i] + n : begin[i];
        if (!(start >= 0 && start < n))
          node.reject(`index ${begin[i]} of axis ${axis}, which has ${n} values`);
        // The one image of the batch stays: only its shape is ever asked for.
        if (isActivation(x) && axis === x.batch) node.mixesImages("it takes a part of");
        x = takePart(node, x, { axis, start, step: 1, count: 1 });
        shrunk.push(axis);
      } else {
        const step = strides[i];
        const from = has(beginMask, i) ? (step > 0 ? 0 : n) : begin[i];
        const to = has(endMask, i) ? (step > 0 ? n : -n - 1) : end[i];
        x = takePart(node, x, partOf(node, n, axis, from, to, step));
      }
      axis++;
    }
  });
  return shrunk.length > 0 ? withoutAxes(node, x, shrunk) : x;
}

function split(node: TfNode, x: Operand, axis: number, lengths: readonly number[]): readonly Operand[] {
  if (lengths.reduce((sum, n) => sum + n, 0) !== x.dims[axis])
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
  const axis = node.axis(node.list(0, "axis")[0], x.dims.length);
  const count = node.integer("num_split", 1);
  return split(node, x, axis, new Array<number>(count).fill(x.dims[axis] / count));
}

function runSplitV(node: TfNode): readonly Operand[] {
  const x = node.operand(0);
  const axis = node.axis(node.list(2, "axis")[0], x.dims.length);
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
  const axis = node.axis(node.operands.length > 2 ? node.list(2, "axis")[0] : 0, x.dims.length);
  if (isActivation(x)) return gather(node, x, axis, indices);
  const length = x.dims[axis];
  const wrong = indices.data.find((at) => !Number.isInteger(at) || at < -length || at >= length);
  if (wrong !== undefined) node.reject(`index ${wrong} of axis ${axis}, which has ${length} values`);
  node.reserve((x.data.length / Math.max(1, length)) * indices.data.length);
  return gathered(x, axis, indices);
}

function pairsOf(node: TfNode, index: number): (readonly [number, number])[] {
  const { dims, data } = node.given(index, "paddings");
  if (dims.length !== 2 || dims[1] !== 2)
    node.reject(`paddings have shape ${valueText(dims)}, expected [axes, 2]`);
  return Array.from({ length: dims[0] }, (_, axis) => [data[2 * axis], data[2 * axis + 1]] as const);
}

function padWith(border: (node: TfNode) => Border): TfOperator {
  return operator(["Pad", "Concat"], (node) => {
    const x = node.operand(0);
    const pads = pairsOf(node, 1);
    if (pads.length !== x.dims.length) node.reject("its paddings are not one pair for each axis");
    const outside = border(node);
    if (isActivation(x)) return pad(node, x, pads, outside);
    return typeof outside === "object"
      ? foldPad(node, x, pads, outside.value)
      : node.unsupported(`mode ${outside} of constants`);
  });
}

function mirrorMode(node: TfNode): Border {
  const mode = node.text("mode", "REFLECT");
  return mode === "REFLECT" ? "reflect" : node.unsupported(`mode ${valueText(mode)}`);
}

/** `SpaceToBatchND` of an image: a padded image whose pixels a convolution takes some apart. */
function runSpaceToBatch(node: TfNode): Operand {
  const x = node.activation(0);
  const block = node.list(1, "block_shape");
  const pads = pairsOf(node, 2);
  if (x.dims.length !== 4 || block.length !== 2 || pads.length !== 2)
    return node.unsupported(`block_shape ${valueText(block)} of ${valueText(x.dims)}`);
  const padded = pad(node, x, [[0, 0], ...pads, [0, 0]], { value: 0 });
  if (padded.dims[1] % block[0] !== 0 || padded.dims[2] % block[1] !== 0)
    node.reject(`padded image ${valueText(padded.dims)}, expected multiples of ${valueText(block)}`);
  return node.setSpread(padded, [block[0], block[1]]);
}

function runBatchToSpace(node: TfNode): Operand {
  const x = node.activation(0);
  const spread = node.spreadOf(x);
  const block = node.list(1, "block_shape");
  const crops = pairsOf(node, 2);
  if (!spread || spread.some((n, i) => n !== block[i]))
    return node.unsupported("other than after SpaceToBatchND of the same block_shape");
  return pad(node, { ...x }, [[0, 0], ...crops.map(([a, b]) => [-a, -b] as const), [0, 0]], { value: 0 });
}

function reduction(kind: Reduction, combine: (values: Float64Array) => number): TfOperator {
  return operator([kind === "max" ? "GlobalMaxPool" : "GlobalAveragePool"], (node) => {
    const x = node.operand(0);
    const axes = node.axes(node.list(1, "axes"), x.dims.length);
    const keeps = node.flag("keep_dims", false);
    return isActivation(x) ? reduce(node, x, axes, kind, keeps) : foldAlong(node, x, axes, keeps, combine);
  });
}

function runProd(node: TfNode): Operand {
  const x = node.given(0, "input");
  const axes = node.axes(node.list(1, "axes"), x.dims.length);
  return foldAlong(node, x, axes, node.flag("keep_dims", false), (values) =>
    values.reduce((p, v) => p * v, 1),
  );
}

function resizeWith(mode: "nearest" | "linear"): TfOperator {
  return operator(["Resize"], (node) => {
    const x = node.activation(0);
    const [height, width] = node.list(1, "size");
    const [aligned, half] = [node.flag("align_corners", false), node.flag("half_pixel_centers", false)];
    const lengths = [x.dims[0], height, width, x.dims[3]];
    const sampling: Sampling = {
      mode,
      coordinates: aligned ? "align_corners" : half ? "half_pixel" : "asymmetric",
      // TensorFlow cuts where the pixel's centre lies, and rounds where corners are aligned.
      rounding: aligned ? "round_prefer_ceil" : half ? "round_prefer_ceil" : "floor",
    };
    const factors = lengths.map((n, axis) => n / x.dims[axis]);
    return resize(node, x, channelsLast(4), lengths, factors, sampling);
  });
}

function runDepthToSpace(node: TfNode): Operand {
  const x = node.activation(0);
  const block = node.integer("block_size", 1);
  if (node.text("data_format", "NHWC") !== "NHWC" || x.dims.length !== 4)
    return node.unsupported("data_format NCHW");
  const [n, h, w, c] = x.dims;
  const split = [n, h, w, block, block, c / block ** 2];
  checkDims(node, split);
  return reshape(node, transpose(node, reshape(node, x, split), [0, 1, 3, 2, 4, 5]), [
    n,
    h * block,
    w * block,
    c / block ** 2,
  ]);
}

function runSpaceToDepth(node: TfNode): Operand {
  const x = node.activation(0);
  const block = node.integer("block_size", 1);
  if (node.text("data_format", "NHWC") !== "NHWC" || x.dims.length !== 4)
    return node.unsupported("data_format NCHW");
  const [n, h, w, c] = x.dims;
  const split = [n, h / block, block, w / block, block, c];
  checkDims(node, split);
  return reshape(node, transpose(node, reshape(node, x, split), [0, 1, 3, 2, 4, 5]), [
    n,
    h / block,
    w / block,
    c * block ** 2,
  ]);
}

function runTile(node: TfNode): Operand {
  const x = node.operand(0);
  const repeats = node.list(1, "multiples");
  if (!isActivation(x)) return tiled(node, x, repeats);
  if (repeats.length !== x.dims.length || repeats.some((n) => !Number.isSafeInteger(n) || n < 1))
    node.reject(`multiples are ${valueText(repeats)}, expected one for each axis of ${valueText(x.dims)}`);
  return repeats.reduce<Activation>(
    (grown, n, axis) => (n === 1 ? grown : concat(node, new Array<Activation>(n).fill(grown), axis)),
    x,
  );
}

function runBroadcastTo(node: TfNode): Operand {
  const x = node.operand(0);
  const dims = node.list(1, "shape");
  checkDims(node, dims);
  if (isActivation(x)) return expand(node, x, dims);
  node.reserve(sizeOf(dims));
  return broadcastTo(x, dims);
}

function runRange(node: TfNode): Operand {
  const [start, limit, delta] = ["start", "limit", "delta"].map((what, i) => node.given(i, what));
  return range(node, start.data[0], limit.data[0], delta.data[0], start.type);
}

function runFill(node: TfNode): Operand {
  const value = node.given(1, "value");
  return filled(node, node.list(0, "shape"), value.data[0], value.type);
}

const sum = (values: Float64Array): number => values.reduce((total, x) => total + x, 0);

export const SHAPES: TfOperators = {
  Const: operator([], (node) => {
    node.ignore("value");
    return node.constantValue;
  }),
  Reshape: operator(["Reshape", "Transpose"], runReshape),
  Transpose: operator([], runTranspose),
  Squeeze: operator(["Reshape"], runSqueeze),
  ExpandDims: operator([], runExpandDims),
  ConcatV2: operator(["Concat"], runConcatV2),
  Pack: operator(["Concat"], runPack),
  Unpack: operator(["Slice"], runUnpack),
  Slice: operator(["Slice"], runSlice),
  StridedSlice: operator(["Slice", "Concat"], runStridedSlice),
  Split: operator(["Slice"], runSplit),
  SplitV: operator(["Slice"], runSplitV),
  Gather: operator(["Slice", "Concat"], runGather),
  GatherV2: operator(["Slice", "Concat"], runGather),
  Pad: padWith(() => ({ value: 0 })),
  PadV2: padWith((node) => ({ value: node.given(2, "constant").data[0] })),
  MirrorPad: padWith(mirrorMode),
  SpaceToBatchND: operator(["Pad"], runSpaceToBatch),
  BatchToSpaceND: operator(["Slice"], runBatchToSpace),
  Mean: reduction("mean", (values) => sum(values) / values.length),
  Sum: reduction("sum", sum),
  Max: reduction("max", (values) => Math.max(...values)),
  Prod: operator([], runProd),
  ResizeBilinear: resizeWith("linear"),
  ResizeNearestNeighbor: resizeWith("nearest"),
  DepthToSpace: operator(["Reshape", "Transpose"], runDepthToSpace),
  SpaceToDepth: operator(["Reshape", "Transpose"], runSpaceToDepth),
  Tile: operator(["Concat"], runTile),
  BroadcastTo: operator(["Concat"], runBroadcastTo),
  Range: operator([], runRange),
  Fill: operator([], runFill),
  Shape: operator([], (node) => integers(node.operand(0).dims)),
  Size: operator([], (node) => integers([sizeOf(node.operand(0).dims)], [])),
  Rank: operator([], (node) => integers([node.operand(0).dims.length], [])),
  ZerosLike: operator([], (node) =>
    filled(node, node.given(0, "input").dims, 0, node.given(0, "input").type),
  ),
  OnesLike: operator([], (node) => filled(node, node.given(0, "input").dims, 1, node.given(0, "input").type)),
};
