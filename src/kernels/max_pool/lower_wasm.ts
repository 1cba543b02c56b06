import { type AnyOperator, type Node, type Step, sameShape } from "../node.js";
import { extentOf, type PoolWindow } from "../pool.js";
import { entriesField, maskFields } from "../wasm/cotangents.js";
import {
  type BackwardContext,
  type ForwardContext,
  type Kept,
  type Lowering,
  NOTHING,
} from "../wasm/lowering.js";
import { entry } from "../wasm/tape.js";
import { windowFields } from "../wasm/window_fields.js";

/** A node as max-pooling by a window, whose output is `[H', W', C]`. */
export type WindowedNode = Node<AnyOperator & PoolWindow>;

/**
 * The lowering of an operator that is the maximum of a sliding window; the node as such may have its input in another shape
 * of the same values.
 */
export function windowMaximum<O extends AnyOperator>(asWindow: (node: Node<O>) => WindowedNode): Lowering<O> {
  return {
    forward: (step, context) => forward(step, asWindow(step.node), context),
    vjp: (step, context) => vjp(step, asWindow(step.node), context),
    // The lists of another shape lie in another order.
    writesLists: ({ node }) => sameShape(asWindow(node).inputShapes[0], node.inputShapes[0]),
  };
}

function forward(step: Step, node: WindowedNode, { memory, emit, value, varies }: ForwardContext): Kept {
  const [height, width, channels] = node.inputShapes[0];
  const kept = varies(step.inputs[0])
    ? {
        winners: memory.reserve(4 * node.shape[0] * node.shape[1] * channels + 16),
        live: memory.reserve(4 * height * width * channels + 16),
      }
    : undefined;
  emit(
    entry("max_pool_forward", node.name, node.shape[0], {
      x: value(step.inputs[0]),
      y: value(step.output),
      winners: kept?.winners ?? 0,
      channels,
      ...windowFields(node),
      dilationHeight: node.dilations?.[0] ?? 1,
      dilationWidth: node.dilations?.[1] ?? 1,
    }),
  );
  return kept ?? NOTHING;
}

function vjp(step: Step, node: WindowedNode, context: BackwardContext): void {
  const [input] = step.inputs;
  if (!context.varies(input)) return;
  const { cotangent, kept, emit } = context;
  const [height, width, channels] = node.inputShapes[0];
  const { target, accumulate } = context.into(input);
  // Who won is known, so that windows may be taken without their holes.
  const shared = { channels, ...windowFields({ ...node, kernel: extentOf(node) }) };
  if (context.width === 1) {
    emit(
      entry("max_pool_vjp_1", node.name, height, {
        gy: cotangent.buffer,
        ...maskFields(cotangent.mask),
        winners: kept.winners,
        gx: target.buffer,
        ...shared,
        accumulate,
      }),
    );
    return;
  }
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
