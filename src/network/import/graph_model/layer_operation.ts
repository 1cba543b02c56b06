/** `TensorFlowOpLayer`: an operator of TensorFlow that tf.keras 2.0 to 2.3 keeps as a layer, its node as JSON. */

import { type Activation, isActivation } from "../dataflow/activation.js";
import type { FlowContext } from "../dataflow/flow.js";
import type { Tensor } from "../dataflow/tensor.js";
import { isRecord } from "../failure.js";
import { checkLengths } from "./lengths.js";
import { TfNode } from "./node.js";
import { operatorOf } from "./operators/registry.js";

export interface LayerOperation {
  /** Of the layer, for errors. */
  readonly name: string;
  /** The node as protobuf writes it in JSON. */
  readonly definition: string;
  readonly inputs: readonly Activation[];
  /** Values that the layer keeps itself, each by its place among the inputs. */
  readonly constants: ReadonlyMap<number, Tensor>;
  /** @throws ModelError */
  readonly reject: (problem: string) => never;
  /** @throws UnsupportedOperatorError */
  readonly unsupported: (detail: string) => never;
}

/** TensorFlow.js has no such layer. */
class LayerNode extends TfNode {
  override get wayOut(): undefined {
    return undefined;
  }
}

/** Runs the operator. @returns its outputs, which all depend on the image */
export function runOperation(context: FlowContext, operation: LayerOperation): readonly Activation[] {
  const { name, inputs, constants, reject, unsupported } = operation;
  const { op, attributes } = parsed(operation);
  const found = operatorOf(op);
  if (!found) return unsupported(`operation ${op}`);
  const rest = [...inputs];
  const count = inputs.length + constants.size;
  const operands = Array.from({ length: count }, (_, place) => constants.get(place) ?? rest.shift());
  if (!operands.every((operand) => operand !== undefined))
    return reject(`its constants stand at ${[...constants.keys()]} of ${count} inputs`);
  const graph = { ...context, weights: new Map(), spread: new WeakMap(), ends: new Set<string>() };
  const node = new LayerNode(graph, { name, op, inputs: [], attributes }, operands);
  const made = found.run(node);
  node.refuseUnread();
  const list = "kind" in made ? [made] : made;
  for (const { dims } of list) checkLengths(node, dims);
  return list.map((value) =>
    isActivation(value) ? value : unsupported("that does not depend on the image"),
  );
}

function parsed({ definition, reject }: LayerOperation): {
  readonly op: string;
  readonly attributes: ReadonlyMap<string, unknown>;
} {
  let node: unknown;
  try {
    node = JSON.parse(definition);
  } catch {
    return reject("its node_def is not JSON");
  }
  if (!isRecord(node) || typeof node.op !== "string" || !isRecord(node.attr ?? {}))
    return reject("its node_def has no op");
  return { op: node.op, attributes: new Map(Object.entries((node.attr as object | undefined) ?? {})) };
}
