import { isRecord, quoted, rejectModel, valueText } from "../failure.js";

/** One node of a GraphDef as `model.json` writes it. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** Values it reads: a node and which of its outputs. */
  readonly inputs: readonly { readonly node: string; readonly output: number }[];
  readonly attributes: ReadonlyMap<string, unknown>;
}

export interface GraphTopology {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** Outputs by the keys of the signature, and the values that they are; undefined where there is none. */
  readonly outputs?: readonly { readonly key: string; readonly name: string }[];
}

/**
 * Reads `modelTopology` of format graph-model.
 *
 * @throws ModelError for a graph that is no list of named nodes, or a node that reads one that there is not
 */
export function parseGraph(topology: unknown, signature: unknown, where: string): GraphTopology {
  if (!isRecord(topology) || !Array.isArray(topology.node))
    return rejectModel(where, "its modelTopology has no list of nodes, expected that of a tfjs GraphModel");
  const nodes = new Map<string, GraphNode>();
  for (const entry of topology.node) {
    const node = parseNode(entry, where);
    if (nodes.has(node.name)) rejectModel(where, `two nodes are named ${quoted(node.name)}`);
    nodes.set(node.name, node);
  }
  for (const { name, inputs } of nodes.values())
    for (const { node } of inputs)
      if (!nodes.has(node))
        rejectModel(where, `node ${quoted(name)} reads ${quoted(node)}, which there is not`);
  return { nodes, outputs: signedOutputs(signature) };
}

function parseNode(entry: unknown, where: string): GraphNode {
  if (!isRecord(entry) || typeof entry.name !== "string" || typeof entry.op !== "string")
    return rejectModel(where, `a node has no name or no op: ${valueText(entry)}`);
  const { name, op, input = [], attr = {} } = entry;
  if (!Array.isArray(input) || !input.every((one) => typeof one === "string") || !isRecord(attr))
    return rejectModel(where, `node ${quoted(name)}: its inputs or attributes are malformed`);
  return {
    name,
    op,
    // A name after ^ only says what runs before.
    inputs: input.filter((text) => !text.startsWith("^")).map(parseReference),
    attributes: new Map(Object.entries(attr)),
  };
}

/** `name`, or `name:output`. */
export function parseReference(text: string): { readonly node: string; readonly output: number } {
  const match = /^(.*):(\d+)$/.exec(text);
  return match ? { node: match[1], output: Number(match[2]) } : { node: text, output: 0 };
}

function signedOutputs(signature: unknown): GraphTopology["outputs"] {
  const outputs = isRecord(signature) ? signature.outputs : undefined;
  if (!isRecord(outputs)) return undefined;
  const found = Object.entries(outputs).map(([key, value]) => ({
    key,
    name: isRecord(value) && typeof value.name === "string" ? value.name : key,
  }));
  return found.length > 0 ? found : undefined;
}
