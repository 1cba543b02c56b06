import { ModelError, UnsupportedOperatorError } from "../errors.js";
import { isPositiveIntegers, nameText, shapeText } from "../kernels/checks.js";
import { factsOf } from "../kernels/operators/facts_of.js";
import { ancestors, topologicalOrder } from "./graph.js";
import { inferShape, LARGEST_TENSOR } from "./shapes.js";
import {
  type Network,
  type NetworkSpec,
  type Node,
  type NodeSpec,
  type Operator,
  type Shape,
  sizeOf,
} from "./spec.js";

/**
 * Turns a description into a validated network: nodes in topological order, every shape inferred, nodes that do
 * not reach the output dropped, a final softmax or sigmoid stripped, the scores a vector `[classes]`; one score z becomes the
 * two scores `[0, z]`. Weights are shared with the description, not copied.
 *
 * @param spec nodes in any order, as long as they form an acyclic graph; of a network that was built before nothing
 *   more is stripped
 * @throws ModelError for an inconsistent description, in one line
 * @throws UnsupportedOperatorError for an unknown operator, or a LogSoftmax elsewhere than at the end
 * @example
 * buildNetwork({
 *   input: { name: "image", shape: [2, 2, 1] },
 *   nodes: [
 *     { op: "Flatten", name: "pixels", inputs: ["image"] },
 *     { op: "Gemm", name: "scores", inputs: ["pixels"], weights: new Float32Array(12), units: 3 },
 *   ],
 *   output: "scores",
 * }).classes; // 3
 */
export function buildNetwork(spec: NetworkSpec | Network): Network {
  checkDescription(spec);
  const { input, output } = spec;
  const ordered = topologicalOrder(spec.nodes);
  const needed = ancestors(ordered, output);
  if (!needed.has(input.name))
    throw new ModelError(
      `compile: output "${nameText(output)}" does not depend on input "${nameText(input.name)}", expected scores of the image`,
    );
  const nodes = withShapes(
    ordered.filter((node) => needed.has(node.name)),
    input,
  );
  const stripped = "strippedSoftmax" in spec ? { nodes, output } : stripProbabilities(nodes, output);
  for (const { op, name } of stripped.nodes) {
    const { missing } = factsOf({ op });
    if (missing) throw new UnsupportedOperatorError(nameText(name), op, missing.absent);
  }
  return withScores(spec, stripped);
}

/** Names, types and references: what must hold before the graph can be walked. */
function checkDescription(spec: NetworkSpec): void {
  const { input, output, nodes } = spec;
  if (!isName(input?.name))
    throw new ModelError(`compile: input.name is ${input?.name}, expected a non-empty string`);
  if (!isPositiveIntegers(input.shape) || input.shape.length < 1 || input.shape.length > 3)
    throw new ModelError(
      `compile: input.shape is ${nameText(input.shape)}, expected 1 to 3 positive integers, without the batch axis`,
    );
  if (sizeOf(input.shape) > LARGEST_TENSOR)
    throw new ModelError(
      `compile: input.shape is ${shapeText(input.shape)}, expected at most ${LARGEST_TENSOR} values`,
    );
  if (!Array.isArray(nodes)) throw new ModelError(`compile: nodes is ${typeof nodes}, expected an array`);
  const names = new Set([input.name]);
  for (const [i, node] of nodes.entries()) {
    if (!isName(node?.name) || !Array.isArray(node.inputs))
      throw new ModelError(
        `compile: nodes[${i}] has no name or no inputs, expected { op, name, inputs, ... }`,
      );
    if (names.has(node.name))
      throw new ModelError(`compile: two values are named "${nameText(node.name)}", expected unique names`);
    names.add(node.name);
  }
  for (const node of nodes)
    for (const name of node.inputs)
      if (!names.has(name))
        throw new ModelError(
          `compile: node "${nameText(node.name)}" (${nameText(node.op)}) reads "${nameText(name)}", expected a node or the input`,
        );
  if (!names.has(output))
    throw new ModelError(`compile: output is "${nameText(output)}", expected the name of a node`);
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function withShapes(nodes: readonly NodeSpec[], input: NetworkSpec["input"]): Node[] {
  const shapes = new Map<string, Shape>([[input.name, [...input.shape]]]);
  return nodes.map((node) => {
    const inputShapes = node.inputs.map((name) => shapes.get(name)!);
    const shape = inferShape(node, inputShapes);
    shapes.set(node.name, shape);
    return { ...node, shape, inputShapes };
  });
}

interface Stripped {
  readonly nodes: readonly Node[];
  readonly output: string;
  readonly stripped?: "softmax" | "sigmoid";
}

/**
 * Removes the softmax or sigmoid that ends the network, be it the output or followed only by nodes that rearrange nothing.
 */
function stripProbabilities(nodes: readonly Node[], output: string): Stripped {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  let last = byName.get(output);
  while (last && factsOf(last).reshapes) last = byName.get(last.inputs[0]);
  const stripped = last && factsOf(last).probabilities(last);
  if (!last || !stripped) return { nodes, output };
  const { name, inputs } = last;
  return {
    // Nodes between it and the output have one input and its shape stays, so renaming suffices.
    nodes: nodes
      .filter((node) => node.name !== name)
      .map((node) => (node.inputs.includes(name) ? { ...node, inputs: [...inputs] } : node)),
    output: name === output ? inputs[0] : output,
    stripped,
  };
}

/** Makes the output a node of shape `[classes]` and checks what depends on the number of classes. */
function withScores(
  spec: NetworkSpec | Network,
  { nodes: given, output: name, stripped }: Stripped,
): Network {
  const before = "strippedSoftmax" in spec ? spec : undefined;
  const nodes = [...given];
  let output = name;
  let shape = nodes.find((node) => node.name === output)?.shape ?? spec.input.shape;
  const append = (op: Operator, suffix: string, made: Shape): void => {
    const added = unusedName(`${output}/${suffix}`, [spec.input, ...nodes]);
    nodes.push({ ...op, name: added, inputs: [output], shape: made, inputShapes: [shape] });
    output = added;
    shape = made;
  };
  const scores = shape[shape.length - 1];
  const alwaysOne = scores === 1 && stripped === "softmax";
  if (scores !== sizeOf(shape) || alwaysOne)
    throw new ModelError(
      `compile: output "${nameText(output)}" has shape ${shapeText(shape)}${alwaysOne ? " and a softmax, which is 1 for every image" : ""}, expected a vector of class scores`,
    );
  if (output === spec.input.name || shape.length > 1) append({ op: "Flatten" }, "Flatten", [scores]);
  const singleScore = scores === 1;
  if (singleScore) append({ op: "Gemm", weights: Float32Array.of(0, 1), units: 2 }, "Classes", [2]);
  const [classes] = shape;
  const { classNames, warnings = [] } = spec;
  const names =
    singleScore && classNames?.length === 1 ? [`not ${classNames[0]}`, classNames[0]] : classNames;
  if (names !== undefined && names.length !== classes)
    throw new ModelError(`compile: classNames has ${names.length} names, expected ${classes}, one per class`);
  return {
    name: spec.name ?? "network",
    input: { name: spec.input.name, shape: [...spec.input.shape] },
    nodes,
    output,
    classes,
    ...(names && { classNames: [...names] }),
    ...(warnings.length > 0 && { warnings: [...warnings] }),
    strippedSoftmax: before?.strippedSoftmax ?? stripped === "softmax",
    strippedSigmoid: before?.strippedSigmoid ?? stripped === "sigmoid",
    singleScore: before?.singleScore ?? singleScore,
  };
}

function unusedName(wanted: string, values: readonly { readonly name: string }[]): string {
  const taken = new Set(values.map(({ name }) => name));
  let name = wanted;
  for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`;
  return name;
}
