import type { Activation } from "../../dataflow/activation.js";
import { batchNormalization } from "../../dataflow/layers.js";
import { float32Tensor, type Tensor } from "../../dataflow/tensor.js";
import type { LayerCall } from "../layer_call.js";

/** `BatchNormalization` over one axis, with or without `scale` and `center`. */
export function importBatchNormalization(call: LayerCall): Activation {
  const axis = call.axis("axis", -1);
  const channels = call.input.dims[axis];
  // TensorFlow.js (4.22) lays the statistics along the last axis, whichever they are of.
  if (call.writer === "tfjs" && axis !== call.input.dims.length - 1)
    call.unsupported(`axis ${axis}, which TensorFlow.js computes wrong`);
  const hasScale = call.flag("scale", true);
  const hasCenter = call.flag("center", true);
  // Positions as Keras 3 numbers them: gamma and beta where they are, then the moving statistics.
  const moments = Number(hasScale) + Number(hasCenter);
  const weight = (index: number, name: string) =>
    float32Tensor([channels], call.weight(index, name, [channels]));
  return batchNormalization(call.flow, call.input, axis, {
    mean: weight(moments, "moving_mean"),
    variance: weight(moments + 1, "moving_variance"),
    scale: hasScale ? weight(0, "gamma") : filled(channels, 1),
    bias: hasCenter ? weight(Number(hasScale), "beta") : filled(channels, 0),
    epsilon: call.number("epsilon", 1e-3),
  });
}

/** The same value for every channel. */
export function filled(length: number, value: number): Tensor {
  return float32Tensor([length], new Float32Array(length).fill(value));
}
