import { asWindow } from "../../../kernels/max_pool/whole_image.js";
import type { Step } from "../../../network/fuse.js";
import type { GlobalPool, Node, Pool } from "../../../network/spec.js";
import { type BackwardContext, maskFields } from "../backward.js";
import type { ForwardContext, Kept } from "../forward.js";
import { entriesField } from "../live.js";
import { entry } from "../tape.js";
import { windowFields } from "./depthwise.js";
import type { Lowering } from "./lowering.js";

export const maxPool: Lowering<Pool> = {
  forward: (step, context) => forward(step, step.node, context),
  vjp: (step, context) => vjp(step, step.node, context),
};

export const globalMaxPool: Lowering<GlobalPool> = {
  forward: (step, context) => forward(step, asWindow(step.node), context),
  vjp: (step, context) => vjp(step, asWindow(step.node), context),
};

function forward(step: Step, node: Node<Pool>, { layout, emit, value, varies }: ForwardContext): Kept {
  const [height, width, channels] = node.inputShapes[0];
  const kept = varies(step.inputs[0])
    ? {
        winners: layout.reserve(4 * node.shape[0] * node.shape[1] * channels + 16),
        live: layout.reserve(4 * height * width * channels + 16),
      }
    : undefined;
  emit(
    entry("max_pool_forward", node.name, node.shape[0], {
      x: value(step.inputs[0]),
      y: value(step.output),
      winners: kept?.winners ?? 0,
      channels,
      ...windowFields(node),
    }),
  );
  return kept ?? {};
}

function vjp(step: Step, node: Node<Pool>, context: BackwardContext): void {
  const [input] = step.inputs;
  if (!context.varies(input)) return;
  const { cotangent, kept, emit } = context;
  const [height, width, channels] = node.inputShapes[0];
  const { target, accumulate } = context.into(input);
  const shared = { channels, ...windowFields(node) };
  if (target.mask?.values === kept.live)
    emit(
      entry("max_pool_live", node.name, height, {
        winners: kept.winners,
        ...maskFields(cotangent.mask),
        live: kept.live,
        ...shared,
      }),
    );
  const live = context.liveRows(target, height, width, channels);
  emit(
    entry(context.lanes("max_pool_vjp") as "max_pool_vjp_4", node.name, height, {
      gy: cotangent.buffer,
      ...maskFields(cotangent.mask),
      winners: kept.winners,
      gx: target.buffer,
      xTable: live.table,
      xPitch: live.pitch,
      xSpan: 4 * live.blocks,
      xEntries: entriesField(target, live),
      ...shared,
      accumulate,
    }),
  );
}
