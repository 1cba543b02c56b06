import { valueText } from "../failure.js";
import type { Value } from "../graph_builder.js";
import {
  type Activation,
  besideEachOther,
  isActivation,
  longAxes,
  type Operand,
  perImage,
  shapeIn,
} from "./activation.js";
import { withRank } from "./axes.js";
import type { Flow } from "./flow.js";
import { ofOneImage } from "./images.js";
import { broadcastDims, type Dims, padRank, reshaped, scalar, type Tensor, transposed } from "./tensor.js";

/** Element-wise operators of two values with broadcasting. */
export type Arithmetic = "Add" | "Sub" | "Mul" | "Div" | "Max" | "Min";

/** Operands that an element-wise operator reads as they are: values whose shapes broadcast as the operands do. */
export interface Aligned {
  readonly values: readonly Value[];
  /** Of the result, but for its value. */
  readonly result: Omit<Activation, "value">;
}

/**
 * Brings operands into one order of axes, that of the largest one.
 *
 * @param operands at least one of them depends on the image
 * @throws UnsupportedOperatorError where one operand has its images elsewhere, or a constant differs between images
 */
export function align(flow: Flow, operands: readonly Operand[]): Aligned {
  const rank = Math.max(...operands.map(({ dims }) => dims.length));
  const raised = operands.map((operand) => (isActivation(operand) ? withRank(operand, rank) : operand));
  const activations = raised.filter(isActivation);
  const leader = activations.reduce((a, b) => (perImage(b) > perImage(a) ? b : a));
  const lifted = raised.map((operand) =>
    isActivation(operand) ? operand : ofOneImage(flow, operand, leader),
  );
  const { batch, outer } = leader;
  const dims = lifted.reduce<Dims>((sum, operand) => {
    const both = broadcastDims(sum, operand.dims);
    return (
      both ??
      flow.reject(
        `shapes are ${operands.map((one) => valueText(one.dims)).join(", ")}, expected shapes that broadcast`,
      )
    );
  }, []);
  const aside = activations.some((one) => !besideEachOther(one, leader));
  if (aside || leader.dims[batch] !== dims[batch])
    flow.mixesImages(`shapes ${operands.map((one) => valueText(one.dims)).join(", ")} broadcast along`);
  // Axes that the leader lacks because it is 1 long there come first, but for one that is the last of a row.
  const known = leader.order.filter((axis) => dims[axis] !== 1);
  const missing = longAxes(dims).filter((axis) => !known.includes(axis));
  const isInner = missing.length === 1 && known.every((axis) => axis < missing[0]);
  const order = isInner ? [...known, ...missing] : [...missing, ...known];
  const values = lifted.map((operand) => placed(flow, operand, order, dims));
  return { values, result: { kind: "activation", dims, batch, ...(outer && { outer }), order } };
}

/** A value that broadcasts to the axes `order` as the operand does to `dims`. */
function placed(flow: Flow, operand: Operand, order: readonly number[], dims: Dims): Value {
  const own = padRank(operand.dims, dims.length);
  const first = order.findIndex((axis) => own[axis] !== 1);
  const axes = first < 0 ? order.slice(-1) : order.slice(first);
  if (isActivation(operand)) return flow.arrange(operand, axes).value;
  const rest = own.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const moved = transposed(reshaped(operand, own), [...rest, ...axes]);
  return flow.constant(moved, shapeIn(own, axes));
}

/** Element-wise arithmetic; at least one operand depends on the image. */
export function arithmetic(flow: Flow, op: Arithmetic, operands: readonly Operand[]): Activation {
  const { values, result } = align(
    flow,
    op !== "Mul" && op !== "Div" ? operands.map((one) => masked(flow, one)) : operands,
  );
  const value = values.slice(1).reduce((left, right) => flow.add({ op }, [left, right]), values[0]);
  return { ...result, value };
}

/** What stands for infinity in a mask: beside it any other value is nothing, and three of them are still finite. */
const BEYOND = 2 ** 126;

/** Masks of attention are 0 and -Infinity, after which a softmax makes 0: any number far beyond all others does as well. */
export function masked(flow: Flow, operand: Operand): Operand {
  if (isActivation(operand)) return operand;
  const isInfinite = (x: number) => x === Number.POSITIVE_INFINITY || x === Number.NEGATIVE_INFINITY;
  if (!operand.data.some(isInfinite)) return operand;
  flow.reserve(operand.data.length);
  return { ...operand, data: operand.data.map((x) => (isInfinite(x) ? Math.sign(x) * BEYOND : x)) };
}

/** `x * factor`, element by element, exactly. */
export function scaled(flow: Flow, x: Activation, factor: number): Activation {
  return arithmetic(flow, "Mul", [x, scalar(factor)]);
}

/** The only value of a tensor, or undefined where it has several that differ. */
export function uniform({ data }: Tensor): number | undefined {
  return data.length > 0 && data.every((x) => x === data[0]) ? data[0] : undefined;
}
