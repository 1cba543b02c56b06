import type { Activation } from "../../dataflow/activation.js";
import type { Tensor } from "../../dataflow/tensor.js";
import { isRecord, valueText } from "../../failure.js";
import { constantOf } from "../constant_argument.js";
import type { LayerCall } from "../layer_call.js";

/** An operator of TensorFlow as tf.keras 2.0 to 2.3 kept it, with the constants that it reads. */
export function importOperationLayer(call: LayerCall): readonly Activation[] {
  const definition = call.text("node_def", "");
  const given = call.settings.get("constants") ?? {};
  const constants = new Map<number, Tensor>();
  for (const [place, value] of isRecord(given) ? Object.entries(given) : []) {
    const constant = constantOf(value);
    if (!constant) call.reject(`constant ${place} is ${valueText(value)}, expected numbers`);
    else constants.set(Number(place), constant);
  }
  call.refuseUnread();
  return call.operation(definition, constants);
}
