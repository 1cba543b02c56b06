import { emitAffine } from "../../kernels/affine/lower_webgpu.js";
import { type Dispatch, Tensor } from "../../kernels/webgpu/dispatch.js";
import type { ForwardContext, Kept } from "../../kernels/webgpu/lowering.js";
import type { WeightStorage } from "../../kernels/webgpu/weights.js";
import type { FusedNetwork, FusedStep } from "../../network/fuse.js";
import type { InputTransform } from "../../network/input.js";
import { findVarying } from "../../network/varying.js";
import { loweringOf } from "./lowerings.js";

/** The dispatches of a forward pass and what the backward pass needs to know of it. */
export interface ForwardPlan {
  readonly dispatches: readonly Dispatch[];
  /** Pixels as the caller gave them. */
  readonly pixels: Tensor;
  /** Every value by storage name. */
  readonly values: ReadonlyMap<string, Tensor>;
  readonly kept: ReadonlyMap<FusedStep, Kept>;
  /** Values that depend on the image. */
  readonly varying: ReadonlySet<string>;
  readonly constant: ForwardContext["constant"];
  readonly weights: WeightStorage;
}

/** Lowers the network's steps to dispatches over the images of a call. */
export function planForward(
  network: FusedNetwork,
  transform: InputTransform,
  weights: WeightStorage,
): ForwardPlan {
  const dispatches: Dispatch[] = [];
  const values = new Map<string, Tensor>();
  const kept = new Map<FusedStep, Kept>();
  const varying = findVarying(network);
  const value = (name: string): Tensor => {
    const known = values.get(name);
    if (known) return known;
    const made = new Tensor(network.sizes.get(name) as number, "images", name);
    values.set(name, made);
    return made;
  };
  const context: ForwardContext = {
    emit: (dispatch) => {
      dispatches.push(dispatch);
    },
    value,
    constant: (label, data) => new Tensor(data.length, "constant", label, data),
    keep: (label, units) => new Tensor(units, "images", label),
    varies: (name) => varying.has(name),
    weights,
  };

  const pixels = lowerInput(network, transform, context);
  for (const step of network.steps) kept.set(step, loweringOf(step).forward(step, context));
  return { dispatches, pixels, values, kept, varying, constant: context.constant, weights };
}

/**
 * `x * scale[c] + offset[c]` from the pixels to the network's input, unless that changes nothing. Not folded into
 * the first convolution: its padding is zero after this step.
 */
function lowerInput(
  network: FusedNetwork,
  { scale, offset }: InputTransform,
  context: ForwardContext,
): Tensor {
  const input = context.value(network.input);
  if (isIdentity({ scale, offset })) return input;
  const pixels = context.keep("pixels", input.units);
  emitAffine("input", pixels, input, Float32Array.from(scale), Float32Array.from(offset), undefined, context);
  return pixels;
}

/** True where the network sees the pixels themselves. */
export function isIdentity({ scale, offset }: Pick<InputTransform, "scale" | "offset">): boolean {
  return scale.every((s) => s === 1) && offset.every((o) => o === 0);
}
