import { seedsShader } from "../../kernels/seeds/wgsl.js";
import { topClassesShader } from "../../kernels/top_classes/wgsl.js";
import { type Dispatch, dispatch, forScores, perUnit, Tensor } from "../../kernels/webgpu/dispatch.js";
import type { WeightStorage } from "../../kernels/webgpu/weights.js";
import { fuse } from "../../network/fuse.js";
import type { InputTransform } from "../../network/input.js";
import { simplify } from "../../network/simplify.js";
import { type Network, sizeOf } from "../../network/spec.js";
import { planBackward } from "./backward.js";
import { planForward } from "./forward.js";

/** A network as lists of dispatches, for any number of images and cotangents. */
export interface Plan {
  /** From `pixels` to `logits`, with what the backward pass will read. */
  readonly forward: readonly Dispatch[];
  /** The same bits of `logits`, and nothing else: where no backward pass follows. */
  readonly scores: readonly Dispatch[];
  /** From `logits` to `wanted`, the classes with the largest logits. */
  readonly topClasses: readonly Dispatch[];
  /** From `wanted` to `gradient`: gradients of these logits. */
  readonly gradients: readonly Dispatch[];
  /** From `seeds`, whatever they are, to `gradient`. */
  readonly backward: readonly Dispatch[];
  readonly pixels: Tensor;
  readonly logits: Tensor;
  readonly seeds: Tensor;
  readonly gradient: Tensor;
  readonly wanted: Tensor;
  readonly slots: Tensor;
  readonly classes: number;
  /** Pixels of an image. */
  readonly size: number;
}

/** Everything about a network that does not depend on the device. */
export function planNetwork(
  network: Network,
  transform: InputTransform,
  weights: WeightStorage = "float32",
): Plan {
  const fused = fuse(simplify(network));
  const forward = planForward(fused, transform, weights);
  const { dispatches: backward, seeds, gradient, slots } = planBackward(fused, forward, transform);
  const logits = forward.values.get(fused.output) as Tensor;
  const { classes } = network;
  const wanted = new Tensor(1, "cotangents", "wanted");
  return {
    forward: forward.dispatches,
    scores: forScores(forward.dispatches),
    topClasses: [
      dispatch("top classes", topClassesShader, {}, { logits, wanted }, { rows: 1, tile: 1, times: 1 }),
    ],
    gradients: [
      dispatch("seeds", seedsShader, { units: classes }, { wanted, y: seeds }, perUnit(classes)),
      ...backward,
    ],
    backward,
    pixels: forward.pixels,
    logits,
    seeds,
    gradient,
    wanted,
    slots,
    classes,
    size: sizeOf(network.input.shape),
  };
}
