import { type UnsupportedLayer, UnsupportedOperatorError } from "../../../errors.js";
import type { Operand } from "../dataflow/activation.js";
import { refuseUnknown } from "../dataflow/unsupported.js";
import { quoted, rejectModel } from "../failure.js";
import { unknownOperators } from "./graph.js";
import { LONGEST_LIST, nameOf, type OnnxContext, OnnxNode } from "./node.js";
import { operatorOf } from "./operators/registry.js";
import type { NodeProto } from "./proto.js";
import { MOST_AXES } from "./tensors.js";

/**
 * Computes every value: constants at once, others as operators of the network.
 *
 * @param values what is known before; the others are added
 * @throws UnsupportedOperatorError that names all nodes that cannot run, but for those of known operators behind them
 */
export function run(
  nodes: readonly NodeProto[],
  values: Map<string, Operand>,
  context: OnnxContext,
  outputs: readonly string[],
): void {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const refused: UnsupportedLayer[] = [];
  const missing = new Set<string>();
  for (const proto of nodes) {
    context.builder.step();
    const operator = operatorOf(proto.type, proto.domain);
    if (!operator) refused.push(...unknownOperators([proto]));
    if (!operator || proto.inputs.some((name) => missing.has(name))) {
      for (const name of proto.outputs) missing.add(name);
      continue;
    }
    if (proto.inputs.length > LONGEST_LIST)
      rejectModel(
        context.builder.where,
        `node ${quoted(nameOf(proto))} (${proto.type}) reads ${proto.inputs.length} values, expected at most ${LONGEST_LIST}`,
      );
    const operands = proto.inputs.map((name) =>
      name === "" ? undefined : operandOf(values, name, proto, context),
    );
    const isLast = outputs.includes(proto.outputs[0]) && !read.has(proto.outputs[0]);
    const node = new OnnxNode(context, proto, operands, isLast);
    try {
      const made = operator.run(node);
      node.refuseUnread();
      const list = "kind" in made ? [made] : made;
      list.forEach((value, i) => {
        if (value.dims.length > MOST_AXES)
          node.reject(`its result has ${value.dims.length} axes, expected fewer`);
        if (proto.outputs[i]) values.set(proto.outputs[i], value);
      });
    } catch (error) {
      if (!(error instanceof UnsupportedOperatorError)) throw error;
      const { layer, operator: type, detail } = error;
      refused.push({ layer, operator: type, detail });
      for (const name of proto.outputs) missing.add(name);
    }
  }
  refuseUnknown(refused);
}

function operandOf(
  values: ReadonlyMap<string, Operand>,
  name: string,
  reader: NodeProto,
  { builder }: OnnxContext,
): Operand {
  return (
    values.get(name) ??
    rejectModel(
      builder.where,
      `node ${quoted(nameOf(reader))} (${reader.type}) reads ${quoted(name)}, which nothing makes`,
    )
  );
}
