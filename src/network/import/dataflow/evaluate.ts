/** Operators of constants that are more than arithmetic: computed once, by their float64 definitions. */

import { factsOf } from "../../../kernels/operators/facts_of.js";
import { referenceOf } from "../../../kernels/operators/reference_of.js";
import { inferShape } from "../../shapes.js";
import type { Node } from "../../spec.js";
import { GraphBuilder } from "../graph_builder.js";
import { type Activation, isActivation, type Operand } from "./activation.js";
import { Flow, type FlowContext } from "./flow.js";
import { float32Tensor, type Tensor } from "./tensor.js";

/** Multiply-adds that count as one value made. */
const ADDS_PER_VALUE = 64;

/**
 * What an operator makes of constants.
 *
 * @param context of the import; nothing is added to its network
 * @param apply the operator, as it is of values of an image: `lift` makes a constant one
 * @throws UnsupportedOperatorError where one of the operators that it becomes has no definition
 */
export function evaluated<C extends FlowContext>(
  context: C,
  name: string,
  type: string,
  apply: (context: C, lift: (tensor: Tensor) => Activation) => readonly Operand[],
): readonly Tensor[] {
  const builder = new GraphBuilder(context.builder.where);
  const flow = new Flow({ ...context, builder }, name, type);
  const lift = (tensor: Tensor): Activation => {
    const order = tensor.dims.map((_, axis) => axis);
    return {
      kind: "activation",
      dims: tensor.dims,
      batch: -1,
      value: flow.constant(tensor, tensor.dims),
      order,
    };
  };
  const made = apply({ ...context, builder }, lift).map((one) =>
    isActivation(one) ? flow.inOrder(one) : one,
  );
  const known = new Map<string, { readonly values: Float64Array; readonly shape: readonly number[] }>();
  for (const spec of builder.nodes) {
    const inputs = spec.inputs.map((input) => known.get(input)!);
    const inputShapes = inputs.map(({ shape }) => shape);
    const node = { ...spec, inputShapes, shape: inferShape(spec, inputShapes) } as Node;
    const operator = referenceOf(node.op) ?? flow.unsupported("of constants");
    flow.reserve(factsOf(node).multiplyAdds(node) / ADDS_PER_VALUE);
    const values = operator.forward(
      node,
      inputs.map((input) => input.values),
    );
    flow.reserve(values.length);
    known.set(node.name, { values, shape: node.shape });
  }
  return made.map((one) =>
    isActivation(one) ? float32Tensor(one.dims, Float32Array.from(known.get(one.value.name)!.values)) : one,
  );
}
