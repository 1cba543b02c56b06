import type { Activation, Operand } from "../../dataflow/activation.js";
import { type Arithmetic, arithmetic as combine, scaled } from "../../dataflow/arithmetic.js";
import { axisOf, unsqueeze } from "../../dataflow/axes.js";
import { concat } from "../../dataflow/parts.js";
import { constantOf } from "../constant_argument.js";
import type { LayerCall } from "../layer_call.js";
import { TensorArgument } from "../references.js";
import { type LayerClass, layer } from "./layer_class.js";

/** Layers of arithmetic, by their class and the operator that each is. */
export function arithmetic(classes: Readonly<Record<string, Arithmetic>>, takesTwo: boolean): LayerClass[] {
  return Object.entries(classes).map(([name, op]) =>
    layer([name], (call) => importArithmetic(call, op, takesTwo), [op, "Constant"]),
  );
}

/**
 * Arithmetic of layers. Values with fewer axes get leading ones, after the batch. In Keras 3 an operation on tensors looks
 * like the layer, and may have constants among its arguments.
 */
export function importArithmetic(call: LayerCall, op: Arithmetic, takesTwo: boolean): Activation {
  const operands = operandsOf(call);
  if (operands.length < 2 || (takesTwo && operands.length > 2))
    call.reject(`it reads ${operands.length} values, expected ${takesTwo ? "two" : "two or more"}`);
  return combine(call.flow, op, operands);
}

/** What a call combines, in the order of its arguments. */
function operandsOf(call: LayerCall): Operand[] {
  const rank = Math.max(0, ...call.inputs.map(({ dims }) => dims.length));
  const found: Operand[] = [];
  const add = (argument: unknown): void => {
    if (argument instanceof TensorArgument) {
      const x = call.inputs[argument.index];
      const missing = Array.from({ length: rank - x.dims.length }, (_, axis) => axis + 1);
      found.push(missing.length === 0 ? x : unsqueeze(x, missing));
      return;
    }
    const constant = constantOf(argument);
    if (constant) found.push(constant);
    else if (Array.isArray(argument)) for (const item of argument) add(item);
    else if (argument !== null && argument !== undefined)
      call.unsupported(`an argument of ${typeof argument}`);
  };
  const { args, kwargs } = call.given;
  for (const argument of args) add(argument);
  for (const name of ["x1", "x2"]) add(kwargs[name]);
  // A layer of a Sequential reads what comes before it.
  return found.length > 0 ? found : [...call.inputs];
}

/** `Average`: the sum times 1 / n. */
export function importAverage(call: LayerCall): Activation {
  const operands = operandsOf(call);
  if (operands.length < 2) call.reject(`it reads ${operands.length} values, expected two or more`);
  return scaled(call.flow, combine(call.flow, "Add", operands), Math.fround(1 / operands.length));
}

/** `Concatenate`; `axis` counts the batch as axis 0. */
export function importConcatenate(call: LayerCall): Activation {
  const { inputs } = call;
  if (inputs.length === 0) call.reject("it reads no values, expected two or more");
  const rank = inputs[0].dims.length;
  const axis = call.integer("axis", -1, -rank + 1);
  if (axis === 0 || axis >= rank)
    call.reject(`axis is ${axis}, expected 1 to ${rank - 1} or -${rank - 1} to -1`);
  // TensorFlow.js (4.22) takes every negative axis for the last one.
  const fromEnd = call.writer === "tfjs" ? -1 : axis;
  return concat(call.flow, inputs, axisOf(call.flow, axis < 0 ? fromEnd : axis, rank));
}
