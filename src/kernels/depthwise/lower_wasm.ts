import type { ConvAttributes } from "../conv/geometry.js";
import { type AnyOperator, type Node, UNCLAMPED } from "../node.js";
import { defined } from "../scale/lower_wasm.js";
import { entriesField, liveFields, maskFields } from "../wasm/cotangents.js";
import type { Lowering } from "../wasm/lowering.js";
import { entry, f32, type Work } from "../wasm/tape.js";
import { windowFields } from "../wasm/window_fields.js";
import { spreadTable } from "./spread_table.js";

/** Convolutions of each channel by itself, with one filter or several: weights `[tap][filter]`, as in HWIO. */
export const depthwise: Lowering<AnyOperator & ConvAttributes> = {
  forward(step, { memory, emit, value }) {
    const { node } = step;
    const channels = node.shape[2];
    const multiplier = channels / node.inputShapes[0][2];
    const weights = memory.place(node.weights);
    const bias = new Float32Array(channels + 4);
    if (node.bias) bias.set(node.bias);
    const { low, high } = step.clamp ?? UNCLAMPED;
    const fields = {
      x: value(step.inputs[0]),
      weights,
      bias: memory.place(bias),
      y: value(step.output),
      channels,
      ...windowFields(node),
      ...dilationFields(node),
      low: f32(low),
      high: f32(high),
    };
    const [tiles, work] = [node.shape[0], { work: forwardWork }];
    if (multiplier === 1 || multiplier === 2 || multiplier === 4)
      emit(
        entry(
          multiplier === 1 ? "depthwise_forward" : `depthwise_forward_by_${multiplier}`,
          node.name,
          tiles,
          fields,
          work,
        ),
      );
    else {
      const spread = memory.place(spreadTable(channels, multiplier));
      emit(entry("depthwise_forward_by_any", node.name, tiles, { ...fields, multiplier, spread }, work));
    }
    return { weights };
  },
  vjp(step, context) {
    const { node } = step;
    const [input] = step.inputs;
    if (!context.varies(input)) return;
    const [height, width, channels] = node.inputShapes[0];
    const multiplier = node.shape[2] / channels;
    const { target, accumulate } = context.into(input);
    const geometry = { channels, ...windowFields(node), ...dilationFields(node) };
    const { weights } = context.kept;
    if (context.width === 1) {
      const single = {
        ...{ gy: defined(step, context), gx: target.buffer, weights, ...geometry, accumulate },
        ...liveFields(target.mask),
      };
      context.emit(
        multiplier === 1
          ? entry("depthwise_vjp_1", node.name, height, single)
          : entry("depthwise_vjp_multiplied_1", node.name, height, { ...single, multiplier }),
      );
      context.zeroes(input);
      return;
    }
    const live = context.liveRows(target, height, width, channels);
    const fields = {
      gy: context.cotangent.buffer,
      ...maskFields(context.cotangent.mask),
      gx: target.buffer,
      xTable: live.table,
      xPitch: live.pitch,
      xSpan: 4 * live.blocks,
      xEntries: entriesField(target, live),
      weights,
      ...geometry,
      accumulate,
    };
    context.emit(
      multiplier === 1
        ? entry(context.lanes("depthwise_vjp") as "depthwise_vjp_4", node.name, height, fields)
        : entry(
            context.lanes("depthwise_vjp_multiplied") as "depthwise_vjp_multiplied_4",
            node.name,
            height,
            {
              ...fields,
              multiplier,
            },
          ),
    );
  },
  writesLists: () => true,
};

function dilationFields({ dilations }: Node<AnyOperator & ConvAttributes>) {
  return { dilationHeight: dilations[0], dilationWidth: dilations[1] };
}

const forwardWork: Work = (_words, field) => {
  const macs =
    field("outHeight") * field("outWidth") * field("channels") * field("kernelHeight") * field("kernelWidth");
  return { dense: macs, live: macs };
};
