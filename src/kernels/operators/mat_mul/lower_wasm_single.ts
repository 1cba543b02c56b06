import { stridedEntry } from "../../copy_strided/lower_wasm.js";
import type { Step } from "../../node.js";
import { defined, scaleEntry } from "../../scale/lower_wasm.js";
import type { BackwardContext } from "../../wasm/lowering.js";
import { Buffer, entry, Place } from "../../wasm/tape.js";
import { type MatrixProduct, productOf } from "./product.js";
import type { MatMul } from "./spec.js";
import { FORWARD_ROWS } from "./wasm_tile.js";

/** A row-major matrix for each product, or one for all of them. */
interface Matrices {
  readonly in: Buffer;
  readonly rows: number;
  readonly columns: number;
  readonly count: number;
}

/**
 * The vjp of one cotangent, which is a product like the forward one: of `g b^T` and `a^T g`, in the order in which the operand
 * lies; what lies the other way round is turned first.
 */
export function singleVjp(step: Step<MatMul>, context: BackwardContext): void {
  const { node, inputs } = step;
  const product = productOf(node);
  const { batches, rows, columns, depth } = product;
  const g = { in: defined(step, context), rows, columns, count: batches };
  const countOf = (batch: number) => (batch === 0 ? 1 : batches);
  const a = { in: context.value(inputs[0]), rows, columns: depth, count: countOf(product.a.batch) };
  const b = {
    in: context.value(inputs[1]),
    ...(node.transposeB ? { rows: columns, columns: depth } : { rows: depth, columns }),
    count: countOf(product.b.batch),
  };
  const turn = (of: Matrices) => turned(of, node.name, context);
  if (context.varies(inputs[0]))
    share(inputs[0], [g, node.transposeB ? b : turn(b)], a.count, product, node.name, context);
  if (context.varies(inputs[1])) {
    const factors = node.transposeB ? ([turn(g), a] as const) : ([turn(a), g] as const);
    share(inputs[1], factors, b.count, product, node.name, context);
  }
}

/** Adds `left right` to the cotangent of an operand, of which there is one for each product or one for all. */
function share(
  name: string,
  [left, right]: readonly [Matrices, Matrices],
  count: number,
  { batches }: MatrixProduct,
  label: string,
  { into, emit, lanes }: BackwardContext,
): void {
  const { target, accumulate } = into(name);
  const [rows, columns, depth] = [left.rows, right.columns, left.columns];
  const direct = count === batches && !accumulate;
  const y = direct ? target.buffer : new Buffer(4 * batches * rows * columns);
  const macs = batches * rows * columns * depth;
  const step = (of: Matrices) => (of.count === 1 ? 0 : 4 * of.rows * of.columns);
  emit(
    entry(
      "mat_mul_forward",
      label,
      batches * Math.ceil(rows / FORWARD_ROWS),
      {
        ...{ a: left.in, b: right.in, y },
        ...{ aBatch: step(left), bBatch: step(right) },
        ...{ rows, columns, depth },
      },
      { work: () => ({ dense: macs, live: macs }) },
    ),
  );
  if (direct) return;
  // An operand that all products share takes the sum over them, one after the other.
  for (let round = 0; round < batches / count; round++)
    emit(
      scaleEntry(lanes, label, {
        gy: new Place(y, 4 * round * count * rows * columns),
        mask: undefined,
        gx: target.buffer,
        units: count * rows * columns,
        accumulate: round === 0 ? accumulate : 1,
      }),
    );
}

function turned(of: Matrices, label: string, { emit }: BackwardContext): Matrices {
  const { rows, columns, count } = of;
  const y = new Buffer(4 * count * rows * columns);
  const copy = {
    shape: [count, columns, rows],
    from: [rows * columns, 1, columns],
    to: [rows * columns, rows, 1],
    ...{ fromStart: 0, toStart: 0 },
  };
  emit(stridedEntry(label, copy, { x: of.in, y, floats: 1, accumulate: 0 }));
  return { in: y, rows: columns, columns: rows, count };
}
