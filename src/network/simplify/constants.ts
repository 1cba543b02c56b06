import { referenceOf } from "../../kernels/operators/reference_of.js";
import type { Node } from "../spec.js";

/**
 * Replaces every node that depends on constants only by the constant it makes, evaluated by the operators'
 * float64 references and rounded to float32 once, however many nodes led there. A node whose value float32
 * cannot hold stays.
 *
 * @param nodes topological order
 */
export function foldConstants(nodes: readonly Node[]): readonly Node[] {
  const known = new Map<string, Float64Array>();
  return nodes.map((node) => {
    const inputs = node.inputs.flatMap((name) => known.get(name) ?? []);
    const operator = referenceOf(node.op);
    if (inputs.length < node.inputs.length || operator === undefined) return node;
    const value = operator.forward(node, inputs);
    const data = Float32Array.from(value);
    if (!data.every(Number.isFinite)) return node;
    known.set(node.name, value);
    if (node.op === "Constant") return node;
    return { op: "Constant", name: node.name, inputs: [], inputShapes: [], shape: node.shape, data };
  });
}
