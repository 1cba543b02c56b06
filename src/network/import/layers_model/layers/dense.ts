import type { Value } from "../../graph_builder.js";
import { addActivation } from "../activations.js";
import type { LayerCall } from "../layer_call.js";

/** `Dense` on the last axis of a value of any rank. */
export function importDense(call: LayerCall): Value {
  const { input } = call;
  const units = call.integer("units", undefined, 1);
  const weights = call.weight(0, "kernel", [input.shape[input.shape.length - 1], units]);
  const bias = call.flag("use_bias", true) ? call.weight(1, "bias", [units]) : undefined;
  return addActivation(call, call.add({ op: "Gemm", weights, bias, units }, [input]));
}
