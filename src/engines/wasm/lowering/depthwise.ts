import type { Conv, Node, Pool } from "../../../network/spec.js";
import { maskFields } from "../backward.js";
import { entriesField } from "../live.js";
import { type Buffer, entry, f32 } from "../tape.js";
import type { Lowering } from "./lowering.js";

/** Convolutions of each channel by itself: weights `[tap][channel]`, as in HWIO. */
export const depthwise: Lowering<Conv> = {
  forward(step, { layout, emit, value }) {
    const { node } = step;
    const channels = node.shape[2];
    const weights = layout.place(node.weights);
    const bias = new Float32Array(channels + 4);
    if (node.bias) bias.set(node.bias);
    const clamp = step.clamp ?? { low: -Infinity, high: Infinity };
    emit(
      entry("depthwise_forward", node.name, node.shape[0], {
        x: value(step.inputs[0]),
        weights,
        bias: layout.place(bias),
        y: value(step.output),
        channels,
        ...windowFields(node),
        dilationHeight: node.dilations[0],
        dilationWidth: node.dilations[1],
        low: f32(clamp.low),
        high: f32(clamp.high),
      }),
    );
    return { weights };
  },
  vjp(step, context) {
    const { node } = step;
    const [input] = step.inputs;
    if (!context.varies(input)) return;
    const [height, width, channels] = node.inputShapes[0];
    const { target, accumulate } = context.into(input);
    const live = context.liveRows(target, height, width, channels);
    context.emit(
      entry(context.lanes("depthwise_vjp") as "depthwise_vjp_4", node.name, height, {
        gy: context.cotangent.buffer,
        ...maskFields(context.cotangent.mask),
        gx: target.buffer,
        xTable: live.table,
        xPitch: live.pitch,
        xSpan: 4 * live.blocks,
        xEntries: entriesField(target, live),
        weights: context.kept.weights as Buffer,
        channels,
        ...windowFields(node),
        dilationHeight: node.dilations[0],
        dilationWidth: node.dilations[1],
        accumulate,
      }),
    );
  },
};

/** The geometry fields that windowed kernels share. */
export function windowFields(node: Node<Conv> | Node<Pool>) {
  const [height, width] = node.inputShapes[0];
  return {
    height,
    width,
    kernelHeight: node.kernel[0],
    kernelWidth: node.kernel[1],
    strideHeight: node.strides[0],
    strideWidth: node.strides[1],
    padTop: node.pads[0],
    padLeft: node.pads[1],
    outHeight: node.shape[0],
    outWidth: node.shape[1],
  };
}
