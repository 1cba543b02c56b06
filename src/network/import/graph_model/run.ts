import type { UnsupportedLayer } from "../../../errors.js";
import { type Activation, isActivation, type Operand } from "../dataflow/activation.js";
import type { Refusals } from "../dataflow/refusals.js";
import { quoted, rejectModel } from "../failure.js";
import { checkLengths } from "./lengths.js";
import { type GraphContext, type Spread, TfNode } from "./node.js";
import { operatorOf } from "./operators/registry.js";
import { placeholdersOf } from "./placeholders.js";
import { wayOutOf } from "./tfjs_knows.js";
import type { GraphNode } from "./topology.js";

/** What a node makes; undefined for what nobody knows because a node before cannot run. */
export type Values = readonly Operand[] | undefined;

/**
 * Computes every value: constants at once, others as operators of the network.
 *
 * @throws UnsupportedOperatorError that names all nodes that cannot run, but for those behind them that read what the
 *   graph does not describe
 */
export function run(
  nodes: readonly GraphNode[],
  values: Map<string, Values>,
  context: GraphContext,
  refusals: Refusals,
): void {
  for (const node of nodes) {
    if (values.has(node.name)) continue;
    context.builder.step();
    const [unknown] = unknownOperator(node);
    const isBehind = node.inputs.some((input) => values.has(input.node) && !values.get(input.node));
    if (unknown) refusals.note(unknown);
    else if (isBehind) refusals.skip();
    const made = unknown || isBehind ? undefined : refusals.attempt(() => runNode(node, values, context));
    values.set(node.name, made ?? placeholdersOf(node, context));
  }
  refusals.finish();
}

/** The node, if there is no importer for it. */
export function unknownOperator({ name, op }: GraphNode): UnsupportedLayer[] {
  if (op === "Placeholder" || operatorOf(op)) return [];
  const wayOut = wayOutOf(op);
  return [{ layer: name, operator: op, ...(wayOut && { wayOut }) }];
}

function runNode(
  graphNode: GraphNode,
  values: ReadonlyMap<string, Values>,
  context: GraphContext,
): readonly Operand[] {
  const operands = graphNode.inputs.map(({ node, output }) =>
    operandOf(values, node, output, graphNode, context),
  );
  const node = new TfNode(context, graphNode, operands);
  const operator = operatorOf(graphNode.op)!;
  const spread = spreadOf(operands, context);
  if (spread && !operator.pointwise) node.unsupported("between SpaceToBatchND and BatchToSpaceND");
  const made = operator.run(node);
  node.refuseUnread();
  const list = "kind" in made ? [made] : made;
  for (const { dims } of list) checkLengths(node, dims);
  if (spread && graphNode.op !== "BatchToSpaceND")
    for (const value of list)
      if (isActivation(value) && !context.spread.has(value)) context.spread.set(value, spread);
  return list;
}

function spreadOf(operands: readonly Operand[], { spread }: GraphContext): Spread | undefined {
  const found = operands.filter((one): one is Activation => isActivation(one) && spread.has(one));
  return found.length > 0 ? spread.get(found[0]) : undefined;
}

function operandOf(
  values: ReadonlyMap<string, Values>,
  name: string,
  output: number,
  reader: GraphNode,
  { builder }: GraphContext,
): Operand {
  return (
    values.get(name)?.[output] ??
    rejectModel(
      builder.where,
      `node ${quoted(reader.name)} (${reader.op}) reads output ${output} of ${quoted(name)}, which it has not`,
    )
  );
}
