import { ModelError, UnsupportedOperatorError } from "../../../errors.js";
import { isActivation, type Operand } from "../dataflow/activation.js";
import { isOfConstants } from "../dataflow/flow.js";
import type { Refusals } from "../dataflow/refusals.js";
import type { Tensor } from "../dataflow/tensor.js";
import { quoted, rejectModel } from "../failure.js";
import { branchOf, readsOf } from "./branches.js";
import { makersOf, nodesFor, unknownOperators } from "./graph.js";
import { LONGEST_LIST, nameOf, type OnnxContext, OnnxNode } from "./node.js";
import { operatorOf } from "./operators/registry.js";
import type { Placeholders } from "./placeholders.js";
import type { GraphProto, NodeProto } from "./proto.js";
import { MOST_AXES } from "./tensors.js";

/** Lists, shapes and addresses of the values of a layer are shorter. */
const LONGEST_TABLE = 2 ** 16;

/** What to do where a node cannot run. */
export interface Behind {
  readonly refusals: Refusals;
  readonly placeholders: Placeholders;
}

/**
 * Computes every value: constants at once, others as operators of the network.
 *
 * @param values what is known before; the others are added
 * @throws ModelError where the model is inconsistent; nodes that cannot run are noted among the refusals, but for those behind
 *   them that read what the file does not describe
 */
export async function run(
  nodes: readonly NodeProto[],
  values: Map<string, Operand>,
  context: OnnxContext,
  outputs: readonly string[],
  behind: Behind,
): Promise<void> {
  const { refusals, placeholders } = behind;
  const { where } = context.builder;
  const read = new Set(nodes.flatMap((node) => readsOf(node, where)));
  const missing = new Set<string>();
  for (const proto of nodes) {
    context.builder.step();
    const [unknown] = unknownOperators([proto]);
    const isBehind = readsOf(proto, where).some((name) => missing.has(name));
    if (unknown) refusals.note(unknown);
    else if (isBehind) refusals.skip();
    const isLast = outputs.includes(proto.outputs[0]) && !read.has(proto.outputs[0]);
    const made =
      unknown || isBehind
        ? undefined
        : await refusals.attemptLater(async () => runNode(proto, values, context, isLast, behind));
    proto.outputs.forEach((name, i) => {
      if (name === "") return;
      const value = made ? made[i] : placeholders.of(name);
      if (value) values.set(name, value);
      else if (!made) missing.add(name);
    });
  }
}

async function runNode(
  proto: NodeProto,
  values: ReadonlyMap<string, Operand>,
  context: OnnxContext,
  isLast: boolean,
  behind: Behind,
): Promise<readonly (Operand | undefined)[]> {
  const { where } = context.builder;
  if (proto.inputs.length > LONGEST_LIST)
    rejectModel(
      where,
      `node ${quoted(nameOf(proto))} (${proto.type}) reads ${proto.inputs.length} values, expected at most ${LONGEST_LIST}`,
    );
  const operands = proto.inputs.map((name) =>
    name === "" ? undefined : operandOf(values, name, proto, context),
  );
  const [condition] = operands;
  if (proto.type === "If" && condition && !isActivation(condition)) {
    const branch = branchOf(proto, condition.data[0] !== 0, where);
    if (branch) return runBranch(branch, values, context, behind);
  }
  const made = await runOperator(proto, operands, context, isLast);
  if (!operands.some(dependsOnCount)) return made;
  // Copies of an operand have what it would be, not what they would be.
  const plain = made.map((one) => (one.kind === "tensor" ? { ...one, several: undefined } : one));
  return withSeveral(plain, proto, operands, context, isLast);
}

/** What the outputs of a graph are that sees the values around it. */
async function runBranch(
  graph: GraphProto,
  around: ReadonlyMap<string, Operand>,
  context: OnnxContext,
  behind: Behind,
): Promise<(Operand | undefined)[]> {
  const { where } = context.builder;
  const outputs = graph.outputs.map(({ name }) => name);
  const values = new Map(around);
  for (const proto of graph.initializers) values.set(proto.name, context.tensors.read(proto));
  await run(nodesFor(outputs, makersOf(graph, where), where), values, context, [], behind);
  return outputs.map((name) => values.get(name));
}

async function runOperator(
  proto: NodeProto,
  operands: readonly (Operand | undefined)[],
  context: OnnxContext,
  isLast: boolean,
): Promise<readonly Operand[]> {
  try {
    return applyOperator(proto, operands, context, isLast);
  } catch (error) {
    if (!isOfConstants(error) || operands.some(isActivation)) throw error;
    const { evaluated } = await import("../dataflow/evaluate.js");
    return evaluated(context, nameOf(proto), proto.type, (inner, lift) => {
      const [first, ...rest] = operands as readonly (Tensor | undefined)[];
      return applyOperator(proto, [first && lift(first), ...rest], inner, false);
    });
  }
}

function applyOperator(
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
async function withSeveral(
  made: readonly Operand[],
  proto: NodeProto,
  operands: readonly (Operand | undefined)[],
  context: OnnxContext,
  isLast: boolean,
): Promise<readonly Operand[]> {
  const isSmall = (operand: Operand) => operand.kind === "tensor" && operand.data.length <= LONGEST_TABLE;
  if (!made.every(isSmall)) return made;
  try {
    const others = operands.map((one) => (one?.kind === "tensor" ? (one.several ?? one) : one));
    const several = await runOperator(proto, others, context, isLast);
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
