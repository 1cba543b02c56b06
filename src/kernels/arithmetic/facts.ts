import { rejectNode, shapeText } from "../checks.js";
import {
  CHANGES_VALUES,
  type ChannelAffine,
  type ConstantValue,
  FOLDS_NOTHING,
  FUSES_NOTHING,
  mixes,
  type OperatorFacts,
  WITHOUT_WEIGHTS,
} from "../facts.js";
import { type AnyOperator, type Node, type NodeSpec, type Shape, sameShape } from "../node.js";
import { type Part, partOn } from "../part.js";

/** Scale and offset of channel c: of `values`, what the operands are there, one is undefined, x itself. */
type Combine = (
  values: readonly (number | undefined)[],
) => readonly [scale: number, offset: number] | undefined;

/**
 * Facts of element-wise arithmetic of two or more inputs with NumPy broadcasting of per-image shapes.
 *
 * @param combine the operator as an affine function of one operand; undefined where it is none
 */
export function arithmeticFacts<O extends AnyOperator>(combine: Combine): OperatorFacts<O> {
  return {
    inputs: [2, Infinity],
    shape: broadcastShape,
    ...WITHOUT_WEIGHTS,
    ...CHANGES_VALUES,
    ...FOLDS_NOTHING,
    narrowed: (node, part) => ({
      node,
      part,
      inputs: node.inputShapes.map((shape) => repeatedPart(shape, part)),
    }),
    affine: (node, x, constant) => channelAffine(node, x, constant, combine),
    ...FUSES_NOTHING,
    takesClamp: true,
    channelwise: false,
    liveness: mixes,
  };
}

/** What is read of an operand of that shape: all along an axis that is stretched. */
function repeatedPart(shape: Shape, { starts, ends }: Part): Part {
  const missing = starts.length - shape.length;
  const aligned = { starts: starts.slice(missing), ends: ends.slice(missing) };
  return partOn((axis) => shape[axis] > 1, aligned, shape);
}

/** NumPy broadcasting of per-image shapes: aligned at the last axis, a missing axis or a 1 stretches. */
function broadcastShape(node: NodeSpec, shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const size = sizes.find((n) => n !== 1) ?? 1;
    if (sizes.some((n) => n !== 1 && n !== size))
      rejectNode(
        node,
        `input shapes are ${shapes.map(shapeText).join(", ")}, expected shapes that broadcast`,
      );
    return size;
  });
}

function channelAffine(
  node: Node,
  x: { readonly name: string; readonly shape: Shape },
  constant: (name: string) => ConstantValue | undefined,
  combine: Combine,
): ChannelAffine | undefined {
  // A constant with more axes than x, or longer ones, would make x itself broadcast.
  if (!sameShape(node.shape, x.shape)) return undefined;
  const operands = node.inputs.map((name) => (name === x.name ? "x" : perChannel(constant(name))));
  if (operands.includes(undefined)) return undefined;
  const channels = x.shape[x.shape.length - 1];
  const [scale, offset] = [new Float64Array(channels), new Float64Array(channels)];
  for (let c = 0; c < channels; c++) {
    const found = combine(
      operands.map((values) =>
        values === "x" || values === undefined ? undefined : values[values.length === 1 ? 0 : c],
      ),
    );
    if (found === undefined) return undefined;
    [scale[c], offset[c]] = found;
  }
  return { scale, offset };
}

/** The data of a constant that varies along the last axis only. */
function perChannel(constant: ConstantValue | undefined): Float32Array | undefined {
  return constant?.shape.slice(0, -1).every((n) => n === 1) ? constant.data : undefined;
}
