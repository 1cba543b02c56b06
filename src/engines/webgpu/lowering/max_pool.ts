import { maxPoolForwardShader } from "../../../kernels/max_pool/wgsl_forward.js";
import { maxPoolVjpShader } from "../../../kernels/max_pool/wgsl_vjp.js";
import { asWindow } from "../../../kernels/max_pool/whole_image.js";
import type { Step } from "../../../network/fuse.js";
import type { Conv, GlobalPool, Node, Pool } from "../../../network/spec.js";
import { dispatch } from "../dispatch.js";
import { perUnit } from "./affine.js";
import { type BackwardContext, type ForwardContext, type Kept, type Lowering, NOTHING } from "./lowering.js";

export const maxPool: Lowering<Pool> = {
  forward: (step, context) => forward(step, step.node, context),
  vjp: (step, context) => vjp(step, step.node, context),
};

export const globalMaxPool: Lowering<GlobalPool> = {
  forward: (step, context) => forward(step, asWindow(step.node), context),
  vjp: (step, context) => vjp(step, asWindow(step.node), context),
};

function forward(step: Step, node: Node<Pool>, { emit, value, keep, varies }: ForwardContext): Kept {
  const [x, y] = [value(step.inputs[0]), value(step.output)];
  const winners = varies(step.inputs[0]) ? keep(`winners of ${node.name}`, y.units) : undefined;
  const vector = node.shape[2] % 4 === 0;
  const units = vector ? y.units / 4 : y.units;
  const shader = maxPoolForwardShader({ vector, keepsWinners: winners !== undefined });
  emit(
    dispatch(node.name, shader, { units, ...windowFields(node, vector) }, { x, y, winners }, perUnit(units)),
  );
  return winners ? { winners } : NOTHING;
}

function vjp(step: Step, node: Node<Pool>, context: BackwardContext): void {
  const [input] = step.inputs;
  if (!context.varies(input)) return;
  const { cotangent: gy, slots, emit } = context;
  const { target: gx, share, tensors, clamp } = context.into(input);
  const vector = node.shape[2] % 4 === 0;
  const units = vector ? gx.units / 4 : gx.units;
  emit(
    dispatch(
      node.name,
      maxPoolVjpShader({ vector, share }),
      { units, ...windowFields(node, vector), ...clamp },
      { gy, gx, slots, winners: context.kept.winners, ...tensors },
      perUnit(units),
    ),
  );
}

/** The geometry that windowed kernels share; channels by fours if `vector`. */
export function windowFields(node: Node<Conv> | Node<Pool>, vector: boolean) {
  const [height, width, channels] = node.inputShapes[0];
  return {
    channels: vector ? channels / 4 : channels,
    height,
    width,
    outHeight: node.shape[0],
    outWidth: node.shape[1],
    kernelHeight: node.kernel[0],
    kernelWidth: node.kernel[1],
    strideHeight: node.strides[0],
    strideWidth: node.strides[1],
    padTop: node.pads[0],
    padLeft: node.pads[1],
  };
}
