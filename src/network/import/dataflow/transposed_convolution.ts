import { sizeOf } from "../../spec.js";
import { valueText } from "../failure.js";
import type { Activation } from "./activation.js";
import type { Flow } from "./flow.js";
import { vector } from "./layers.js";
import { stridesOf, type Tensor } from "./tensor.js";
import { asImage, fromImage, type ImageAxes } from "./window.js";

/** The gradient of a convolution, as a layer: every value of the input adds a kernel to the output. */
export interface TransposedConvolution {
  readonly axes: ImageAxes;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** How much of the beginning of each spatial axis is cut off, and how long it is then. */
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
  readonly groups: number;
  /** `[spatial..., filters / groups, channels]`. */
  readonly weights: Tensor;
  readonly bias?: Tensor;
}

/** One spatial axis: output `q stride + r` is a convolution of its own for each phase `r`, with `taps` values of the kernel. */
interface Phases {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly taps: number;
  readonly start: number;
  readonly length: number;
}

/**
 * As one convolution that makes all phases of the output, `stride^2` times the filters, which are then put side by side: no
 * zeros are put between the pixels, and none multiplied but for kernels that the stride does not divide.
 */
export function transposedConvolution(flow: Flow, x: Activation, of: TransposedConvolution): Activation {
  const { weights, groups, bias } = of;
  const spatial = weights.dims.slice(0, -2);
  const [perGroup, channels] = weights.dims.slice(-2);
  const phases = [0, 1].map((axis) => phasesOf(flow, of, spatial, axis));
  const filters = perGroup * groups;
  const image = asImage(flow, x, of.axes);
  const [height, width, own] = image.value.shape;
  if (own !== channels || !Number.isSafeInteger(groups) || groups < 1 || channels % groups !== 0)
    flow.reject(`its weights are for ${channels} channels in ${groups} groups, the input has ${own}`);
  const [rows, columns] = phases;
  const many = rows.stride * columns.stride;
  // Values past the last kernel have nothing but the bias.
  const after = phases.map(({ taps, stride, start, length }, axis) =>
    Math.max(taps - 1, Math.ceil((start + length) / stride) - [height, width][axis]),
  );
  const each = bias && vector(flow, bias, filters, "bias");
  flow.reserve(rows.taps * columns.taps * channels * perGroup * many);
  const made = flow.add(
    {
      op: "Conv",
      weights: phaseWeights(flow.weights(weights, "a weight"), phases, perGroup, channels, groups),
      ...(each && { bias: phaseBias(each, many, groups) }),
      filters: filters * many,
      kernel: [rows.taps, columns.taps],
      strides: [1, 1],
      dilations: [1, 1],
      pads: [rows.taps - 1, columns.taps - 1, after[0], after[1]],
      groups,
    },
    [image.value],
  );
  const [h, w] = made.shape;
  const apart = flow.reshape(made, [h, w, groups, rows.stride, columns.stride, perGroup]);
  const beside = many === 1 ? apart : flow.add({ op: "Transpose", perm: [0, 3, 1, 4, 2, 5] }, [apart]);
  const whole = flow.reshape(beside, [h * rows.stride, w * columns.stride, filters]);
  const starts = [rows.start, columns.start, 0];
  const ends = [rows.start + rows.length, columns.start + columns.length, filters];
  const isAll = starts.every((n) => n === 0) && ends.every((n, axis) => n === whole.shape[axis]);
  return fromImage(flow, x, of.axes, isAll ? whole : flow.add({ op: "Slice", starts, ends }, [whole]));
}

function phasesOf(flow: Flow, of: TransposedConvolution, spatial: readonly number[], axis: number): Phases {
  if (axis >= spatial.length) return { kernel: 1, stride: 1, dilation: 1, taps: 1, start: 0, length: 1 };
  const [kernel, stride, dilation] = [spatial[axis], of.strides[axis], of.dilations[axis]];
  const [start, length] = [of.starts[axis], of.lengths[axis]];
  if (![kernel, stride, dilation, length].every((n) => Number.isSafeInteger(n) && n > 0) || !(start >= 0))
    flow.reject(
      `kernel, stride, dilation and output are ${valueText([kernel, stride, dilation, [start, length]])}, expected positive integers`,
    );
  return { kernel, stride, dilation, taps: Math.ceil(((kernel - 1) * dilation + 1) / stride), start, length };
}

/** `[taps...][channels / groups][group][phases...][filters / groups]`, taps in the order that a convolution reads. */
function phaseWeights(
  weights: Float32Array,
  [rows, columns]: readonly Phases[],
  perGroup: number,
  channels: number,
  groups: number,
): Float32Array {
  const inGroup = channels / groups;
  const dims = [rows.taps, columns.taps, inGroup, groups, rows.stride, columns.stride, perGroup];
  const at = stridesOf(dims);
  const made = new Float32Array(sizeOf(dims));
  for (const [u, r, y] of placesOf(rows))
    for (const [v, s, z] of placesOf(columns))
      for (let f = 0; f < perGroup; f++) {
        const from = ((y * columns.kernel + z) * perGroup + f) * channels;
        const to = u * at[0] + v * at[1] + r * at[4] + s * at[5] + f * at[6];
        for (let c = 0; c < channels; c++)
          made[to + (c % inGroup) * at[2] + Math.floor(c / inGroup) * at[3]] = weights[from + c];
      }
  return made;
}

/** For each value of a kernel: the tap that reads it, the phase that it belongs to, and its place. */
function placesOf({ kernel, stride, dilation, taps }: Phases): [tap: number, phase: number, place: number][] {
  return Array.from({ length: kernel }, (_, place) => {
    const at = place * dilation;
    return [taps - 1 - Math.floor(at / stride), at % stride, place];
  });
}

function phaseBias(bias: Float32Array, phases: number, groups: number): Float32Array {
  const perGroup = bias.length / groups;
  return Float32Array.from({ length: bias.length * phases }, (_, i) => {
    const group = Math.floor(i / (phases * perGroup));
    return bias[group * perGroup + (i % perGroup)];
  });
}
