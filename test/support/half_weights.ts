import { simplify } from "../../src/network/simplify.js";
import type { Network, Node } from "../../src/network/spec.js";

/**
 * A layer's weights as half precision has them, by the definition in float64: 11 significant bits of w / 2^e, e the
 * exponent of the largest weight; below 2^-28 of that only 0 and 2^-28. Ties go to even.
 */
export function roundedToHalf(weights: Float32Array): Float32Array {
  let most = 0;
  for (const w of weights) most = Math.max(most, Math.abs(w));
  if (most === 0) return weights;
  const least = 2 ** (exponentOf(most) - 28);
  return weights.map((w) => {
    const size = Math.abs(w);
    if (size < least) return size >= least / 2 ? Math.sign(w) * least : 0;
    const unit = 2 ** (exponentOf(size) - 10);
    const [below, rest] = [Math.floor(size / unit), (size / unit) % 1];
    const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
    return Math.sign(w) * (below + (up ? 1 : 0)) * unit;
  });
}

/** The node as the webgpu engine stores it with `weights: "float16"`. */
export function nodeWithHalves(node: Node): Node {
  const matrix =
    node.op === "Gemm" ||
    (node.op === "Conv" && (node.groups === 1 || node.groups !== node.inputShapes[0][2]));
  return matrix ? { ...node, weights: roundedToHalf(node.weights) } : node;
}

/** The network that the webgpu engine computes with `weights: "float16"`. */
export function networkWithHalves(network: Network): Network {
  const simplified = simplify(network);
  return { ...simplified, nodes: simplified.nodes.map(nodeWithHalves) };
}

/** The exponent of a positive number, also next to a power of two. */
function exponentOf(value: number): number {
  const guess = Math.floor(Math.log2(value));
  return 2 ** guess > value ? guess - 1 : 2 ** (guess + 1) <= value ? guess + 1 : guess;
}
