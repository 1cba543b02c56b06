import { quoted, rejectModel } from "../failure.js";
import type { GraphProto, NodeProto } from "./proto.js";

/** Operators that make a label, or a table of probabilities, of scores: classifiers are looked at before them. */
const AFTER_SCORES = new Set(["ArgMax", "ZipMap", "TopK", "ArrayFeatureExtractor", "Hardmax"]);

/**
 * The values that may be class scores: the one that the caller names, else the outputs of the graph, from which what
 * only chooses a label is stepped back.
 *
 * @throws ModelError for a name that no node makes
 */
export function outputsOf(
  graph: GraphProto,
  makers: ReadonlyMap<string, NodeProto>,
  chosen: string | undefined,
  where: string,
): string[] {
  if (chosen !== undefined) {
    if (!makers.has(chosen)) {
      const names = graph.outputs.slice(0, 8).map(({ name }) => quoted(name));
      rejectModel(
        where,
        `output is ${quoted(chosen)}, which no node makes; its outputs are ${names.join(", ")}`,
      );
    }
    return [chosen];
  }
  if (graph.outputs.length === 0) rejectModel(where, "it has no outputs");
  const found = graph.outputs.map(({ name }) => beforeLabels(name, makers));
  const unique = [...new Set(found)];
  for (const name of unique)
    if (!makers.has(name))
      rejectModel(where, `output ${quoted(name)} is made by no node, expected scores of the image`);
  return unique;
}

function beforeLabels(output: string, makers: ReadonlyMap<string, NodeProto>): string {
  let name = output;
  // What passes a label on: only before a choice does it count.
  let candidate = output;
  for (let steps = 0; steps < 64; steps++) {
    const node = makers.get(candidate);
    if (!node) return name;
    if (AFTER_SCORES.has(node.type)) {
      const scores = node.type === "ArrayFeatureExtractor" ? node.inputs[1] : node.inputs[0];
      candidate = scores;
      name = scores;
    } else if (["Identity", "Cast", "Squeeze", "Reshape", "Flatten"].includes(node.type))
      candidate = node.inputs[0];
    else return name;
  }
  return name;
}
