import { DENSE_COLUMNS, denseShader } from "../dense/wgsl.js";
import { type AnyOperator, type Clamp, type Node, type Step, UNCLAMPED } from "../node.js";
import { type Dispatch, dispatch, type Tensor } from "../webgpu/dispatch.js";
import {
  type BackwardContext,
  type ForwardContext,
  type Kept,
  type Lowering,
  NOTHING,
} from "../webgpu/lowering.js";
import type { Share } from "../webgpu/shader.js";
import { storeWeights } from "../webgpu/store_weights.js";
import type { Geometry } from "./geometry.js";
import { type ConvParams, convShader } from "./wgsl.js";
import { type PackedConv, packConvForward, packConvVjp } from "./wgsl_pack.js";
import { tilesFor } from "./wgsl_tiles.js";

/** The lowering of an operator that is a convolution. */
export function convolution<O extends AnyOperator>(geometryOf: (node: Node<O>) => Geometry): Lowering<O> {
  return {
    forward: (step, context) => forward(step, geometryOf(step.node), context),
    vjp: (step, context) => vjp(step, geometryOf(step.node), context),
  };
}

function forward(step: Step, geometry: Geometry, context: ForwardContext): Kept {
  const { groups, filters, bias } = geometry;
  const columns = filters / groups;
  const padded = 4 * Math.ceil(columns / 4);
  const biases = new Float32Array(groups * padded);
  if (bias)
    for (let f = 0; f < filters; f++) biases[Math.floor(f / columns) * padded + (f % columns)] = bias[f];
  const { node, residual } = step;
  const clamp = step.clamp ?? UNCLAMPED;
  const added = residual !== undefined;
  const packed = packConvForward(geometry);
  const tensors = {
    x: context.value(step.inputs[0]),
    y: context.value(step.output),
    bias: context.constant(`bias of ${node.name}`, biases),
    ...(residual !== undefined && { addend: context.value(residual) }),
  };
  if (isMatrixVector(geometry)) emitDense(node.name, geometry, packed, added, tensors, clamp, context);
  else emit(node.name, "forward", { added, masked: false }, geometry, packed, tensors, clamp, context);
  return NOTHING;
}

/** One pixel through one tap: a product of a matrix and a vector for each image. */
function isMatrixVector({ kernel, groups, pads, height, width }: Geometry): boolean {
  return (
    groups === 1 &&
    pads.every((pad) => pad === 0) &&
    [height, width, ...kernel].every((extent) => extent === 1)
  );
}

/** Images that share the weights that a workgroup reads, in calls with many. */
const DENSE_ROWS = 8;

function emitDense(
  label: string,
  { channels: inputs, filters: units, weights: own }: Geometry,
  packed: PackedConv,
  added: boolean,
  tensors: Readonly<Record<string, Tensor>>,
  clamp: Clamp,
  context: ForwardContext,
): void {
  const { storage, weightScale, weights } = storeWeights(`weights of ${label}`, own, packed.weights, context);
  const bound = { ...tensors, weights };
  const withRows = (rows: number): Dispatch =>
    dispatch(
      label,
      denseShader({ rows, vectorDepth: inputs % 4 === 0, vectorColumns: units % 4 === 0, added, storage }),
      { inputs, units, weightScale, ...clamp },
      bound,
      { rows: 1, tile: rows, times: Math.ceil(units / DENSE_COLUMNS) },
    );
  const macs = inputs * units;
  context.emit({ ...withRows(DENSE_ROWS), macs, small: { ...withRows(1), macs } });
}

function vjp(step: Step, geometry: Geometry, context: BackwardContext): void {
  const [input] = step.inputs;
  if (!context.varies(input)) return;
  const { target, share, tensors, clamp } = context.into(input);
  const bound = { x: context.cotangent, y: target, ...tensors };
  emit(step.node.name, "vjp", share, geometry, packConvVjp(geometry), bound, clamp, context);
}

function emit(
  label: string,
  pass: "forward" | "vjp",
  share: Share,
  geometry: Geometry,
  packed: PackedConv,
  tensors: Readonly<Record<string, Tensor>>,
  clamp: Clamp,
  context: Pick<ForwardContext, "emit" | "constant" | "weights">,
): void {
  const { groups, strides, height, width, channels, outHeight, outWidth, filters } = geometry;
  const { storage, weightScale, weights } = storeWeights(
    `${pass} weights of ${label}`,
    geometry.weights,
    packed.weights,
    context,
  );
  const isForward = pass === "forward";
  const input = { inHeight: outHeight, inWidth: outWidth, inChannels: filters };
  const output = { outHeight: height, outWidth: width, outChannels: channels };
  const params: Record<ConvParams, number> = {
    ...(isForward
      ? { inHeight: height, inWidth: width, inChannels: channels, outHeight, outWidth, outChannels: filters }
      : { ...input, ...output }),
    depth: (isForward ? channels : filters) / groups,
    columns: (isForward ? filters : channels) / groups,
    inStepY: isForward ? strides[0] : 1,
    inStepX: isForward ? strides[1] : 1,
    outStepY: isForward ? 1 : strides[0],
    outStepX: isForward ? 1 : strides[1],
    classes: packed.classes,
    classRows: packed.classRows,
    groups,
    weightScale,
    ...clamp,
  };
  const bound = {
    ...tensors,
    weights,
    geometry: context.constant(`${pass} geometry of ${label}`, packed.geometry),
  };
  const { large, small } = tilesFor(params.columns);
  const [vectorDepth, vectorColumns] = [params.depth % 4 === 0, params.columns % 4 === 0];
  const withTile = (tile: typeof large): Dispatch =>
    dispatch(label, convShader({ pass, tile, vectorDepth, vectorColumns, share, storage }), params, bound, {
      rows: packed.classRows,
      tile: tile.rows,
      times: packed.classes * groups * Math.ceil(params.columns / tile.columns),
    });
  const { macs } = packed;
  context.emit({ ...withTile(large), macs, small: { ...withTile(small), macs } });
}
