import { ModelError, UnsupportedOperatorError } from "../errors.js";
import { isAbsent } from "../kernels/absent.js";
import { isPositiveIntegers, nameText, shapeText } from "../kernels/checks.js";
import { factsOf } from "../kernels/operators/facts_of.js";
import { references } from "../kernels/operators/references.generated.js";
import { ancestors, topologicalOrder } from "./graph.js";
import { inferShape, LARGEST_TENSOR } from "./shapes.js";
import { type Network, type NetworkSpec, type Node, type NodeSpec, type Shape, sizeOf } from "./spec.js";

/**
 * Turns a description into a validated network: nodes in topological order, every shape inferred, nodes that do
 * not reach the output dropped, a final softmax stripped, the scores a vector `[classes]`. Weights are shared
 * with the description, not copied.
 *
 * @param spec nodes in any order, as long as they form an acyclic graph
 * @throws ModelError for an inconsistent description, in one line
 * @throws UnsupportedOperatorError for an unknown operator, or a softmax elsewhere than at the end
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
export function buildNetwork(spec: NetworkSpec): Network {
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
  const stripped = stripFinalSoftmax(nodes, output);
  for (const { op, name } of stripped.nodes) {
    const reference = references[op];
    if (isAbsent(reference)) throw new UnsupportedOperatorError(nameText(name), op, reference.absent);
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
  readonly strippedSoftmax: boolean;
}

/**
 * Removes the softmax that ends the network, be it the output or followed only by nodes that rearrange nothing.
 */
function stripFinalSoftmax(nodes: readonly Node[], output: string): Stripped {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  let last = byName.get(output);
  while (last && factsOf(last).reshapes) last = byName.get(last.inputs[0]);
  if (!last || !factsOf(last).makesProbabilities(last)) return { nodes, output, strippedSoftmax: false };
  const { name, inputs } = last;
  return {
    // Nodes between the softmax and the output have one input and its shape stays, so renaming suffices.
    nodes: nodes
      .filter((node) => node.name !== name)
      .map((node) => (node.inputs.includes(name) ? { ...node, inputs: [...inputs] } : node)),
    output: name === output ? inputs[0] : output,
    strippedSoftmax: true,
  };
}

/** Makes the output a node of shape `[classes]` and checks what depends on the number of classes. */
function withScores(spec: NetworkSpec, stripped: Stripped): Network {
  const { strippedSoftmax } = stripped;
  let { nodes, output } = stripped;
  const node = nodes.find(({ name }) => name === output);
  const shape = node?.shape ?? spec.input.shape;
  const classes = shape[shape.length - 1];
  if (classes !== sizeOf(shape) || classes < 2)
    throw new ModelError(
      `compile: output "${nameText(output)}" has shape ${shapeText(shape)}, expected a vector of at least 2 class scores`,
    );
  if (node === undefined || shape.length > 1) {
    const name = unusedName(`${output}/Flatten`, [spec.input, ...nodes]);
    nodes = [...nodes, { op: "Flatten", name, inputs: [output], shape: [classes], inputShapes: [shape] }];
    output = name;
  }
  const { classNames } = spec;
  if (classNames !== undefined && classNames.length !== classes)
    throw new ModelError(
      `compile: classNames has ${classNames.length} names, expected ${classes}, one per class`,
    );
  return {
    name: spec.name ?? "network",
    input: { name: spec.input.name, shape: [...spec.input.shape] },
    nodes,
    output,
    classes,
    ...(classNames && { classNames: [...classNames] }),
    strippedSoftmax,
  };
}

function unusedName(wanted: string, values: readonly { readonly name: string }[]): string {
  const taken = new Set(values.map(({ name }) => name));
  let name = wanted;
  for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`;
  return name;
}
