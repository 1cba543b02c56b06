import { consumersOf } from "../graph.js";
import type { Constant, Conv, Gemm, Node } from "../spec.js";

/** `y = scale[c] x + offset[c]`, one pair per channel of the last axis. */
interface ChannelAffine {
  readonly scale: Float64Array;
  readonly offset: Float64Array;
}

/**
 * Folds batch normalisations and arithmetic with per-channel constants into the Conv or Gemm before them:
 *
 *     scale (W x + b) + offset = (scale W) x + (scale b + offset)
 *
 * A whole chain is composed in float64 and rounded to float32 once. A fold needs every intermediate value to
 * have one reader. Folding into a *later* convolution would be wrong at a padded border, where the offset does
 * not reach, so it is not done. A fold whose weights overflow float32 is left undone.
 *
 * @param nodes topological order, none dead
 */
export function foldAffine(nodes: readonly Node[], output: string): readonly Node[] {
  const consumers = consumersOf(nodes);
  const constants = new Map(nodes.flatMap((node) => (node.op === "Constant" ? [[node.name, node]] : [])));
  const folded = new Set<Node>();
  const result: Node[] = [];
  for (const node of nodes) {
    if (folded.has(node)) continue;
    if (node.op !== "Conv" && node.op !== "Gemm") {
      result.push(node);
      continue;
    }
    const chain = affineChain(node, consumers, constants, output);
    const layer = chain.length > 0 ? foldedLayer(node, chain) : undefined;
    result.push(layer ?? node);
    if (layer) for (const link of chain) folded.add(link.node);
  }
  return result;
}

interface Link {
  readonly node: Node;
  readonly affine: ChannelAffine;
}

/** The per-channel affine nodes that follow `layer`, each the only reader of the one before. */
function affineChain(
  layer: Node,
  consumers: ReadonlyMap<string, Node[]>,
  constants: ReadonlyMap<string, Node<Constant>>,
  output: string,
): Link[] {
  const chain: Link[] = [];
  let end = layer;
  while (end.name !== output) {
    const readers = consumers.get(end.name) ?? [];
    const affine = readers.length === 1 ? channelAffine(readers[0], end, constants) : undefined;
    if (affine === undefined) break;
    end = readers[0];
    chain.push({ node: end, affine });
  }
  return chain;
}

/** `node` as a function of its input `x`, if it is affine with one scale and offset per channel. */
function channelAffine(
  node: Node,
  x: Node,
  constants: ReadonlyMap<string, Node<Constant>>,
): ChannelAffine | undefined {
  const channels = x.shape[x.shape.length - 1];
  const scale = new Float64Array(channels).fill(1);
  const offset = new Float64Array(channels);
  if (node.op === "BatchNormalization") {
    for (let c = 0; c < channels; c++) {
      scale[c] = node.scale[c] / Math.sqrt(node.variance[c] + node.epsilon);
      offset[c] = node.bias[c] - node.mean[c] * scale[c];
    }
    return { scale, offset };
  }
  if (node.op !== "Add" && node.op !== "Sub" && node.op !== "Mul") return undefined;
  // A constant with more axes than x, or longer ones, would make x itself broadcast.
  if (node.shape.length !== x.shape.length || node.shape.some((n, axis) => n !== x.shape[axis]))
    return undefined;
  for (const [position, name] of node.inputs.entries()) {
    const isConstant = name !== x.name;
    const values = isConstant ? perChannel(constants.get(name)) : undefined;
    if (isConstant && values === undefined) return undefined;
    const negated = node.op === "Sub" && position === 1;
    for (let c = 0; c < channels; c++) {
      if (values === undefined) {
        if (negated) scale[c] = -scale[c];
      } else {
        const value = values[values.length === 1 ? 0 : c];
        if (node.op === "Mul") scale[c] *= value;
        else offset[c] += negated ? -value : value;
      }
    }
  }
  return { scale, offset };
}

/** The data of a constant that varies along the last axis only. */
function perChannel(constant: Node<Constant> | undefined): Float32Array | undefined {
  return constant?.shape.slice(0, -1).every((n) => n === 1) ? constant.data : undefined;
}

/** `layer` with the chain folded in and the chain's last name, or undefined if float32 cannot hold it. */
function foldedLayer(layer: Node<Conv> | Node<Gemm>, chain: readonly Link[]): Node | undefined {
  const channels = layer.op === "Conv" ? layer.filters : layer.units;
  const scale = new Float64Array(channels).fill(1);
  const offset = Float64Array.from({ length: channels }, (_, c) => layer.bias?.[c] ?? 0);
  for (const { affine } of chain)
    for (let c = 0; c < channels; c++) {
      scale[c] *= affine.scale[c];
      offset[c] = affine.scale[c] * offset[c] + affine.offset[c];
    }
  // In both layouts the output channel is the last axis of the weights.
  const weights = scale.every((s) => s === 1)
    ? layer.weights
    : layer.weights.map((w, i) => w * scale[i % channels]);
  const bias = Float32Array.from(offset);
  if (!weights.every(Number.isFinite) || !bias.every(Number.isFinite)) return undefined;
  return { ...layer, name: chain[chain.length - 1].node.name, weights, bias };
}
