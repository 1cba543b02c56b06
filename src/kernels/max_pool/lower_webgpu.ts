import type { AnyOperator, Node, Step } from "../node.js";
import { extentOf, type PoolWindow } from "../pool.js";
import { dispatch, perUnit } from "../webgpu/dispatch.js";
import {
  type BackwardContext,
  type ForwardContext,
  type Kept,
  type Lowering,
  NOTHING,
} from "../webgpu/lowering.js";
import { windowFields } from "../webgpu/window_fields.js";
import { maxPoolForwardShader } from "./wgsl_forward.js";
import { maxPoolVjpShader } from "./wgsl_vjp.js";

type WindowedNode = Node<AnyOperator & PoolWindow>;

/** The lowering of an operator that is the maximum of a sliding window. */
export function windowMaximum<O extends AnyOperator>(asWindow: (node: Node<O>) => WindowedNode): Lowering<O> {
  return {
    forward: (step, context) => forward(step, asWindow(step.node), context),
    vjp: (step, context) => vjp(step, asWindow(step.node), context),
  };
}

function forward(step: Step, node: WindowedNode, { emit, value, keep, varies }: ForwardContext): Kept {
  const [x, y] = [value(step.inputs[0]), value(step.output)];
  const winners = varies(step.inputs[0]) ? keep(`winners of ${node.name}`, y.units) : undefined;
  const vector = node.shape[2] % 4 === 0;
  const units = vector ? y.units / 4 : y.units;
  const params = {
    units,
    ...windowFields(node, vector),
    dilationHeight: node.dilations?.[0] ?? 1,
    dilationWidth: node.dilations?.[1] ?? 1,
  };
  const made = (keepsWinners: boolean) => {
    const shader = maxPoolForwardShader({ vector, keepsWinners });
    return dispatch(node.name, shader, params, { x, y, winners }, perUnit(units));
  };
  emit(winners ? { ...made(true), scores: made(false) } : made(false));
  return winners ? { winners } : NOTHING;
}

function vjp(step: Step, node: WindowedNode, context: BackwardContext): void {
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
      // Who won is known, so that windows may be taken without their holes.
      { units, ...windowFields({ ...node, kernel: extentOf(node) }, vector), ...clamp },
      { gy, gx, slots, winners: context.kept.winners, ...tensors },
      perUnit(units),
    ),
  );
}
