import { addShader, zeroShader } from "../../kernels/add_cotangents/wgsl.js";
import type { Clamp } from "../../kernels/node.js";
import { emitScale, periodInFours } from "../../kernels/scale/lower_webgpu.js";
import { type Dispatch, dispatch, perUnit, Tensor } from "../../kernels/webgpu/dispatch.js";
import type { BackwardContext, Destination } from "../../kernels/webgpu/lowering.js";
import { ALONE } from "../../kernels/webgpu/shader.js";
import type { FusedNetwork } from "../../network/fuse.js";
import type { InputTransform } from "../../network/input.js";
import { type ForwardPlan, isIdentity } from "./forward.js";
import { loweringOf } from "./lowerings.js";

export interface BackwardPlan {
  readonly dispatches: readonly Dispatch[];
  /** Cotangents of the logits, to be seeded, `[cotangent][classes]`. */
  readonly seeds: Tensor;
  /** Cotangents of the pixels, `[cotangent][units]`. */
  readonly gradient: Tensor;
  /** For each running image its number in the forward pass. */
  readonly slots: Tensor;
}

/** Shares of a cotangent that are not yet added up. `masked`: zero at the dead units of the value. */
interface Shared {
  readonly tensor: Tensor;
  readonly masked: boolean;
}

/**
 * Lowers the vjp of the whole network. A cotangent is written once, by the last kernel that adds to it, and
 * never changed: every kernel that adds a share reads the sum so far and writes a new tensor, so that values
 * passed on unchanged need no copy.
 */
export function planBackward(
  network: FusedNetwork,
  forward: ForwardPlan,
  transform: InputTransform,
): BackwardPlan {
  const dispatches: Dispatch[] = [];
  const emit = (made: Dispatch): void => {
    dispatches.push(made);
  };
  const slots = new Tensor(1, "images", "slots");
  const unitsOf = (name: string) => network.sizes.get(name) as number;
  const masks = new Map<string, Clamp>();
  for (const step of network.steps) if (step.clamp) masks.set(step.output, step.clamp);
  const shares = new Map<string, Shared[]>();
  const sharesOf = (name: string): Shared[] => {
    const known = shares.get(name) ?? [];
    shares.set(name, known);
    return known;
  };

  /** A new tensor that takes in one of the shares so far. */
  const into = (name: string): Destination => {
    const soFar = sharesOf(name).pop();
    const mask = masks.get(name);
    const target = new Tensor(unitsOf(name), "cotangents", `cotangent of ${name}`);
    sharesOf(name).push({ tensor: target, masked: true });
    return {
      target,
      share: { added: soFar !== undefined, masked: mask !== undefined },
      tensors: {
        ...(soFar && { addend: soFar.tensor }),
        ...(mask && { value: forward.values.get(name) as Tensor, slots }),
      },
      clamp: mask ?? { low: 0, high: 0 },
    };
  };
  /** Adds up what is left: nothing to do where one tensor has it all. */
  const finished = (name: string, label: string): Tensor | undefined => {
    const list = sharesOf(name);
    const whole = () => list.length === 1 && (list[0].masked || !masks.has(name));
    while (list.length > 0 && !whole()) {
      const { tensor: x } = list.pop() as Shared;
      const { target, share, tensors, clamp } = into(name);
      const vector = target.units % 4 === 0;
      const units = vector ? target.units / 4 : target.units;
      const shader = addShader({ vector, share });
      emit(dispatch(label, shader, { units, ...clamp }, { x, y: target, ...tensors }, perUnit(units)));
    }
    return list[0]?.tensor;
  };

  const seeds = new Tensor(network.classes, "cotangents", "seeds");
  sharesOf(network.output).push({ tensor: seeds, masked: !masks.has(network.output) });
  for (const step of [...network.steps].reverse()) {
    const label = step.node.name;
    if (!forward.varying.has(step.output)) continue;
    const cotangent = finished(step.output, label);
    if (!cotangent) continue;
    const context: BackwardContext = {
      emit,
      value: (name) => forward.values.get(name) as Tensor,
      constant: forward.constant,
      weights: forward.weights,
      kept: forward.kept.get(step) ?? {},
      varies: (name) => forward.varying.has(name),
      cotangent,
      slots,
      scratch: (what, units) => new Tensor(units, "cotangents", `${what} of ${label}`),
      into,
      pass: (name) => {
        sharesOf(name).push({ tensor: cotangent, masked: false });
      },
    };
    if (step.residual && forward.varying.has(step.residual)) context.pass(step.residual);
    loweringOf(step).vjp(step, context);
  }

  const found = finished(network.input, "input");
  const gradient =
    found && found !== seeds && isIdentity(transform)
      ? found
      : new Tensor(unitsOf(network.input), "cotangents", "gradient");
  const plain: Destination = {
    target: gradient,
    share: ALONE,
    tensors: {},
    clamp: { low: 0, high: 0 },
  };
  if (!found)
    emit(
      dispatch("input", zeroShader(), { units: gradient.units }, { y: gradient }, perUnit(gradient.units)),
    );
  else if (found !== gradient) {
    const factors = periodInFours(Float32Array.from(transform.scale), gradient.units);
    emitScale("input", found, forward.constant("input scale", factors), plain, emit);
  }
  return { dispatches, seeds, gradient, slots };
}
