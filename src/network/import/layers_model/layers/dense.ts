import type { Activation } from "../../dataflow/activation.js";
import { dense } from "../../dataflow/layers.js";
import { float32Tensor } from "../../dataflow/tensor.js";
import { addActivation } from "../activations.js";
import type { LayerCall } from "../layer_call.js";
import { biasOf } from "./convolution.js";

/** `Dense` on the last axis of a value of any rank. */
export function importDense(call: LayerCall): Activation {
  const { dims } = call.input;
  const axis = dims.length - 1;
  const shape = [dims[axis], call.integer("units", undefined, 1)];
  const weights = float32Tensor(shape, call.weight(0, "kernel", shape));
  return addActivation(call, dense(call.flow, call.input, axis, weights, biasOf(call, 1, shape[1])));
}
