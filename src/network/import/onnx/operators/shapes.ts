/** Operators that move, split and join axes. */

import { sizeOf } from "../../../spec.js";
import { type Activation, dimsAt, isActivation, type Operand } from "../../dataflow/activation.js";
import {
  checkPerm,
  reshape,
  reshapeAt,
  squeeze,
  transpose,
  unsqueeze,
  withRank,
} from "../../dataflow/axes.js";
import { depthToSpace, spaceToDepth } from "../../dataflow/blocks.js";
import { type Border, pad } from "../../dataflow/borders.js";
import { checkDims, foldPad, tiled } from "../../dataflow/folding.js";
import { concat, type Part, partOf, take } from "../../dataflow/parts.js";
import { expand, gather, gatherOfEach, listOf, repeat } from "../../dataflow/places.js";
import {
  broadcastDims,
  broadcastTo,
  concatenated,
  type Dims,
  gathered,
  integers,
  reshaped,
  SEVERAL,
  sliced,
  type Tensor,
  transposed,
} from "../../dataflow/tensor.js";
import { channelsFirst } from "../../dataflow/window.js";
import { valueText } from "../../failure.js";
import type { OnnxNode } from "../node.js";
import { type OnnxOperators, operator } from "./operator.js";

function reshapeTo(node: OnnxNode, x: Operand, dims: readonly number[]): Operand {
  checkDims(node, dims);
  if (isActivation(x)) return reshape(node, x, dims);
  if (sizeOf(dims) !== x.data.length)
    node.reject(`shape is ${valueText(dims)}, expected the ${x.data.length} values of ${valueText(x.dims)}`);
  return reshaped(x, dims);
}

function runReshape(node: OnnxNode): Operand {
  const x = node.operand(0);
  const allowZero = node.flag("allowzero", false);
  const target = node.list("shape", 1) ?? node.reject("its shape is missing");
  const kept = (list: readonly number[], dims: Dims) =>
    list.map((n, axis) => (n === 0 && !allowZero ? (dims[axis] ?? 0) : n));
  if (isActivation(x) && x.batch >= 0) {
    const images = node.fixedBatch === 1 ? SEVERAL : node.fixedBatch;
    const several = node.several(1);
    const list = several ? listOf(several) : target;
    // A 1 where images would be is taken for them, though the file says that there are any number.
    const made =
      !several && node.fixedBatch === 1 && target[x.batch] === 1 && x.batch === 0
        ? undefined
        : reshapeAt(node, x, kept(list, dimsAt(x, images)), images);
    if (made) return made;
  }
  // Lengths for one image, whatever the file says of its input.
  const size = sizeOf(x.dims);
  const dims = kept(target, x.dims);
  const known = sizeOf(dims.filter((n) => n !== -1));
  return reshapeTo(
    node,
    x,
    dims.map((n) => (n === -1 ? size / known : n)),
  );
}

function runFlatten(node: OnnxNode): Operand {
  const x = node.operand(0);
  const rank = x.dims.length;
  const axis = node.integer("axis", 1);
  const from = axis < 0 ? axis + rank : axis;
  const halves = (dims: Dims) => [sizeOf(dims.slice(0, from)), sizeOf(dims.slice(from))];
  const made =
    isActivation(x) && x.batch >= 0 ? reshapeAt(node, x, halves(dimsAt(x, SEVERAL)), SEVERAL) : undefined;
  return made ?? reshapeTo(node, x, halves(x.dims));
}

function runTranspose(node: OnnxNode): Operand {
  const x = node.operand(0);
  const perm = node.integers("perm") ?? x.dims.map((_, axis) => x.dims.length - 1 - axis);
  if (isActivation(x)) return transpose(node, x, perm);
  checkPerm(node, perm, x.dims.length);
  node.reserve(x.data.length);
  return transposed(x, perm);
}

function runSqueeze(node: OnnxNode): Operand {
  const x = node.operand(0);
  const given = node.list("axes", 1);
  const axes = given
    ? node.axes(given, x.dims.length)
    : x.dims.flatMap((n, axis) => (n === 1 && !(isActivation(x) && axis === x.batch) ? [axis] : []));
  if (isActivation(x)) return squeeze(node, x, axes);
  return reshapeTo(
    node,
    x,
    x.dims.filter((_, axis) => !axes.includes(axis)),
  );
}

function runUnsqueeze(node: OnnxNode): Operand {
  const x = node.operand(0);
  const given = node.list("axes", 1) ?? node.reject("its axes are missing");
  const rank = x.dims.length + given.length;
  const axes = node.axes(given, rank);
  if (isActivation(x)) return unsqueeze(x, axes);
  const lengths = [...x.dims];
  const dims = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (lengths.shift() ?? 1)));
  return reshaped(x, dims);
}

function runConcat(node: OnnxNode): Operand {
  const operands = node.all;
  const axis = node.axis("axis", 1, operands[0].dims.length);
  if (operands.some(isActivation)) return concat(node, operands, axis);
  const tensors = operands.map((_, i) => node.given(i, `input ${i}`));
  const agree = tensors.every(
    ({ dims }) =>
      dims.length === tensors[0].dims.length && dims.every((n, a) => a === axis || n === tensors[0].dims[a]),
  );
  if (!agree) node.reject("its inputs have shapes that do not fit");
  node.reserve(tensors.reduce((sum, { data }) => sum + data.length, 0));
  return concatenated(tensors, axis);
}

function runSlice(node: OnnxNode): Operand {
  const x = node.operand(0);
  const rank = x.dims.length;
  const starts = node.list("starts", 1) ?? node.reject("its starts are missing");
  const ends = node.list("ends", 2) ?? node.reject("its ends are missing");
  const axes = node.axes(node.list("axes", 3) ?? starts.map((_, axis) => axis), rank);
  const steps = node.optional(4, "steps");
  const parts = axes.map((axis, i) => {
    // All images, of a batch that the file fixes at several.
    const isBatch = isActivation(x) && axis === x.batch;
    const length = x.dims[axis] * (isBatch ? node.fixedBatch : 1);
    const part = partOf(node, length, axis, starts[i], ends[i] ?? Number.NaN, steps ? steps.data[i] : 1);
    if (!isBatch) return part;
    return part.step === 1 && part.count === length
      ? { ...part, count: x.dims[axis] }
      : node.mixesImages("it takes a part of");
  });
  if (ends.length !== starts.length || axes.length !== starts.length)
    node.reject("its starts, ends and axes differ in length");
  return parts.reduce<Operand>((rest, part) => takePart(node, rest, part), x);
}

function takePart(node: OnnxNode, x: Operand, part: Part): Operand {
  if (isActivation(x)) return take(node, x, part);
  const dims = x.dims.map((n, axis) => (axis === part.axis ? part.count : n));
  node.reserve(sizeOf(dims));
  const starts = x.dims.map((_, axis) => (axis === part.axis ? part.start : 0));
  const steps = x.dims.map((_, axis) => (axis === part.axis ? part.step : 1));
  return sliced(x, starts, steps, dims);
}

function runSplit(node: OnnxNode): readonly Operand[] {
  const x = node.operand(0);
  const axis = node.axis("axis", 0, x.dims.length);
  const count = node.proto.outputs.length;
  const declared = node.integer("num_outputs", count);
  if (declared < 1 || declared > count)
    node.reject(`num_outputs is ${declared}, expected its ${count} outputs`);
  const each = Math.ceil(x.dims[axis] / declared);
  const even = Array.from({ length: declared }, (_, i) => Math.min(each, x.dims[axis] - i * each));
  const lengths = node.list("split", 1) ?? even;
  if (lengths.length < count || lengths.reduce((sum, n) => sum + n, 0) !== x.dims[axis])
    node.reject(`it splits ${x.dims[axis]} values into ${valueText(lengths)}`);
  let start = 0;
  return lengths.map((length) => {
    const part = { axis, start, step: 1, count: length };
    start += length;
    return takePart(node, x, part);
  });
}

function runGather(node: OnnxNode): Operand {
  const x = node.operand(0);
  const axis = node.axis("axis", 0, x.dims.length);
  const indices = node.given(1, "indices");
  if (isActivation(x) && axis === x.batch)
    return gatherOfEach(
      node,
      x,
      node.several(1) ?? indices,
      node.fixedBatch === 1 ? SEVERAL : node.fixedBatch,
    );
  if (isActivation(x)) return gather(node, x, axis, indices);
  const length = x.dims[axis];
  const wrong = indices.data.find((at) => !Number.isInteger(at) || at < -length || at >= length);
  if (wrong !== undefined) node.reject(`index ${wrong} of axis ${axis}, which has ${length} values`);
  node.reserve((x.data.length / Math.max(1, length)) * indices.data.length);
  return gathered(x, axis, indices);
}

function runShape(node: OnnxNode): Operand {
  const x = node.operand(0);
  const rank = x.dims.length;
  const start = node.integer("start", 0);
  const end = node.integer("end", rank);
  return ofLengths(node, x, (dims) => integers(dims.slice(start, end)));
}

/** What is known of the lengths of a value: for as many images as the file says, else for one and for several. */
function ofLengths(node: OnnxNode, x: Operand, of: (dims: Dims) => Tensor): Tensor {
  if (!isActivation(x) || x.batch < 0) return of(x.dims);
  if (node.fixedBatch > 1) return of(dimsAt(x, node.fixedBatch));
  return { ...of(x.dims), several: of(dimsAt(x, SEVERAL)) };
}

function runExpand(node: OnnxNode): Operand {
  const x = node.operand(0);
  const given = listOf(node.given(1, "shape"));
  checkDims(node, given);
  const shape = isActivation(x) ? forOneImage(node, x, given) : given;
  const dims = broadcastDims(x.dims, shape);
  if (!dims)
    return node.reject(`shape is ${valueText(shape)}, expected one that ${valueText(x.dims)} broadcasts to`);
  if (isActivation(x)) return expand(node, withRank(x, dims.length), dims);
  node.reserve(sizeOf(dims));
  return broadcastTo(x, dims);
}

/** Lengths that a value is repeated to, those for the images that a file is fixed to as for one. */
function forOneImage(node: OnnxNode, x: Activation, shape: readonly number[]): number[] {
  const at = x.batch + shape.length - x.dims.length;
  return shape.map((n, axis) =>
    x.batch >= 0 && axis === at && n === x.dims[x.batch] * node.fixedBatch ? x.dims[x.batch] : n,
  );
}

function runTile(node: OnnxNode): Operand {
  const x = node.operand(0);
  const repeats = listOf(node.given(1, "repeats"));
  if (!isActivation(x)) return tiled(node, x, repeats);
  if (repeats.length !== x.dims.length || repeats.some((n) => !Number.isSafeInteger(n) || n < 1))
    node.reject(`repeats are ${valueText(repeats)}, expected one for each axis of ${valueText(x.dims)}`);
  return repeats.reduce<Activation>((grown, n, axis) => repeat(node, grown, axis, n), x);
}

function runPad(node: OnnxNode): Operand {
  const x = node.operand(0);
  const rank = x.dims.length;
  const mode = node.choice("mode", "constant", ["constant", "reflect", "edge"]);
  const flat =
    node.list(node.has("paddings") ? "paddings" : "pads", 1) ?? node.reject("its pads are missing");
  const given = node.optional(2, "constant_value");
  const value = given ? given.data[0] : node.float("value", 0);
  const axes = node.operands[3]
    ? node.axes(listOf(node.given(3, "axes")), rank)
    : x.dims.map((_, axis) => axis);
  if (flat.length !== 2 * axes.length || !flat.every(Number.isSafeInteger))
    node.reject(`pads are ${valueText(flat)}, expected ${2 * axes.length} integers`);
  const pads = x.dims.map((_, axis) => {
    const i = axes.indexOf(axis);
    return i < 0 ? ([0, 0] as const) : ([flat[i], flat[i + axes.length]] as const);
  });
  const border: Border = mode === "constant" ? { value } : mode;
  if (isActivation(x)) return pad(node, x, pads, border);
  return mode === "constant" ? foldPad(node, x, pads, value) : node.ofConstants();
}

function runDepthToSpace(node: OnnxNode): Operand {
  const x = node.activation(0);
  const order = node.choice("mode", "DCR", ["DCR", "CRD"]);
  return depthToSpace(node, x, channelsFirst(x.dims.length), node.integer("blocksize"), order);
}

function runSpaceToDepth(node: OnnxNode): Operand {
  const x = node.activation(0);
  return spaceToDepth(node, x, channelsFirst(x.dims.length), node.integer("blocksize"));
}

export const SHAPES: OnnxOperators = {
  Reshape: operator(["Reshape", "Transpose"], runReshape),
  Flatten: operator(["Reshape", "Transpose"], runFlatten),
  Transpose: operator([], runTranspose),
  Squeeze: operator(["Reshape"], runSqueeze),
  Unsqueeze: operator([], runUnsqueeze),
  Concat: operator(["Concat"], runConcat),
  Slice: operator(["Slice"], runSlice),
  Split: operator(["Slice"], runSplit),
  Gather: operator(["Slice", "Concat"], runGather),
  Shape: operator([], runShape),
  Size: operator([], (node) => ofLengths(node, node.operand(0), (dims) => integers([sizeOf(dims)], []))),
  Expand: operator(["Concat"], runExpand),
  Tile: operator(["Concat"], runTile),
  Pad: operator(["Pad", "Concat"], runPad),
  DepthToSpace: operator(["Reshape", "Transpose"], runDepthToSpace),
  SpaceToDepth: operator(["Reshape", "Transpose"], runSpaceToDepth),
};
