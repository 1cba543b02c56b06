import { ModelError, UnsupportedOperatorError } from "../../../errors.js";
import type { Operand } from "../dataflow/activation.js";
import type { Refusals } from "../dataflow/refusals.js";
import { quoted, rejectModel } from "../failure.js";
import { unknownOperators } from "./graph.js";
import { LONGEST_LIST, nameOf, type OnnxContext, OnnxNode } from "./node.js";
import { operatorOf } from "./operators/registry.js";
import type { Placeholders } from "./placeholders.js";
import type { NodeProto } from "./proto.js";
import { MOST_AXES } from "./tensors.js";

/** What to do where a node cannot run. */
export interface Behind {
  readonly refusals: Refusals;
  readonly placeholders: Placeholders;
}

/**
 * Computes every value: constants at once, others as operators of the network.
 *
 * @param values what is known before; the others are added
 * @throws UnsupportedOperatorError that names all nodes that cannot run, but for those behind them that read what the file
 *   does not describe
 */
export function run(
  nodes: readonly NodeProto[],
  values: Map<string, Operand>,
  context: OnnxContext,
  outputs: readonly string[],
  { refusals, placeholders }: Behind,
): void {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const missing = new Set<string>();
  for (const proto of nodes) {
    context.builder.step();
    const [unknown] = unknownOperators([proto]);
    const isBehind = proto.inputs.some((name) => missing.has(name));
    if (unknown) refusals.note(unknown);
    else if (isBehind) refusals.skip();
    const isLast = outputs.includes(proto.outputs[0]) && !read.has(proto.outputs[0]);
    const made =
      unknown || isBehind ? undefined : refusals.attempt(() => runNode(proto, values, context, isLast));
    proto.outputs.forEach((name, i) => {
      if (name === "") return;
      const value = made ? made[i] : placeholders.of(name);
      if (value) values.set(name, value);
      else if (!made) missing.add(name);
    });
  }
  refusals.finish();
}

function runNode(
  proto: NodeProto,
  values: ReadonlyMap<string, Operand>,
  context: OnnxContext,
  isLast: boolean,
): readonly Operand[] {
  if (proto.inputs.length > LONGEST_LIST)
    rejectModel(
      context.builder.where,
      `node ${quoted(nameOf(proto))} (${proto.type}) reads ${proto.inputs.length} values, expected at most ${LONGEST_LIST}`,
    );
  const operands = proto.inputs.map((name) =>
    name === "" ? undefined : operandOf(values, name, proto, context),
  );
  const made = runOperator(proto, operands, context, isLast);
  if (!operands.some(dependsOnCount)) return made;
  // Copies of an operand have what it would be, not what they would be.
  const plain = made.map((one) => (one.kind === "tensor" ? { ...one, several: undefined } : one));
  return withSeveral(plain, proto, operands, context, isLast);
}

function runOperator(
  proto: NodeProto,
  operands: readonly (Operand | undefined)[],
  context: OnnxContext,
  isLast: boolean,
): readonly Operand[] {
  const node = new OnnxNode(context, proto, operands, isLast);
  const made = operatorOf(proto.type, proto.domain)!.run(node);
  node.refuseUnread();
  const list = "kind" in made ? [made] : made;
  for (const { dims } of list)
    if (dims.length > MOST_AXES) node.reject(`its result has ${dims.length} axes, expected fewer`);
  return list;
}

/** Whether a constant would be another for several images, as lengths are. */
function dependsOnCount(operand: Operand | undefined): boolean {
  return operand?.kind === "tensor" && operand.several !== undefined;
}

/** Of constants that depend on how many images there are: what they make for several. No more than lists and shapes. */
function withSeveral(
  made: readonly Operand[],
  proto: NodeProto,
  operands: readonly (Operand | undefined)[],
  context: OnnxContext,
  isLast: boolean,
): readonly Operand[] {
  const isSmall = (operand: Operand) => operand.kind === "tensor" && operand.data.length <= LONGEST_LIST;
  if (!made.every(isSmall)) return made;
  try {
    const others = operands.map((operand) =>
      operand?.kind === "tensor" ? (operand.several ?? operand) : operand,
    );
    const several = runOperator(proto, others, context, isLast);
    return made.map((operand, i) => ({ ...operand, several: several[i] }) as Operand);
  } catch (error) {
    // For several images the file may be wrong; for one it is not.
    if (error instanceof ModelError || error instanceof UnsupportedOperatorError) return made;
    throw error;
  }
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
