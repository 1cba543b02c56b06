import { factsOf } from "../../../../kernels/operators/facts_of.js";
import type { Operator } from "../../../spec.js";
import type { Value } from "../../graph_builder.js";
import type { LayerCall } from "../layer_call.js";

/** Arithmetic of layers, with the broadcasting of tfjs and Keras: missing axes are leading ones. */
export function importArithmetic(call: LayerCall, operator: Operator): Value {
  const { inputs } = call;
  const [least, most] = factsOf(operator).inputs;
  if (inputs.length < least || inputs.length > most)
    call.reject(`it reads ${inputs.length} values, expected ${most === 2 ? "two" : "two or more"}`);
  return call.add(operator, inputs);
}

/** `Average`: the sum times 1 / n. */
export function importAverage(call: LayerCall): Value {
  if (call.inputs.length < 2) call.reject(`it reads ${call.inputs.length} values, expected two or more`);
  const sum = call.add({ op: "Add" }, call.inputs, "Add");
  const share = call.constant(Float32Array.of(1 / call.inputs.length), [1], "share");
  return call.add({ op: "Mul" }, [sum, share]);
}

/** `Concatenate`; `axis` counts the batch as axis 0. */
export function importConcatenate(call: LayerCall): Value {
  const { inputs } = call;
  if (inputs.length === 0) call.reject("it reads no values, expected two or more");
  const rank = inputs[0].shape.length;
  const axis = call.integer("axis", -1, -rank);
  if (axis === 0 || axis > rank) call.reject(`axis is ${axis}, expected 1 to ${rank} or -${rank} to -1`);
  // TensorFlow.js (4.22) takes every negative axis for the last one.
  const fromEnd = call.writer === "tfjs" ? rank - 1 : axis + rank;
  return call.add({ op: "Concat", axis: axis < 0 ? fromEnd : axis - 1 }, inputs);
}
