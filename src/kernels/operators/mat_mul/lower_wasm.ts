import { stridedEntry } from "../../copy_strided/lower_wasm.js";
import { defined } from "../../scale/lower_wasm.js";
import { type BackwardContext, type Lanes, type Lowering, NOTHING } from "../../wasm/lowering.js";
import { type Buffer, entry, Place } from "../../wasm/tape.js";
import { singleVjp } from "./lower_wasm_single.js";
import { type MatrixProduct, type OperandStrides, productOf } from "./product.js";
import type { MatMul } from "./spec.js";
import { FORWARD_ROWS } from "./wasm_tile.js";

/** The vjp reads both operands as they lie; the forward kernel wants the second one row-major, so a transposed one is turned. */
export const lowering: Lowering<MatMul> = {
  forward({ node, inputs, output }, { memory, emit, value }) {
    const { batches, rows, columns, depth, a, b } = productOf(node);
    let panel = value(inputs[1]);
    if (node.transposeB) {
      const matrices = b.batch === 0 ? 1 : batches;
      const turned = memory.reserve(4 * matrices * depth * columns);
      const copy = {
        shape: [matrices, depth, columns],
        from: [depth * columns, 1, depth],
        to: [depth * columns, columns, 1],
        ...{ fromStart: 0, toStart: 0 },
      };
      emit(stridedEntry(node.name, copy, { x: panel, y: turned, floats: 1, accumulate: 0 }));
      panel = turned;
    }
    const macs = batches * rows * columns * depth;
    emit(
      entry(
        "mat_mul_forward",
        node.name,
        batches * Math.ceil(rows / FORWARD_ROWS),
        {
          ...{ a: value(inputs[0]), b: panel, y: value(output) },
          ...{ aBatch: 4 * a.batch, bBatch: 4 * b.batch },
          ...{ rows, columns, depth },
        },
        { work: () => ({ dense: macs, live: macs }) },
      ),
    );
    return NOTHING;
  },

  vjp(step, context) {
    const { node, inputs } = step;
    const wanted = inputs.map(context.varies);
    if (!wanted.includes(true)) return;
    if (context.width === 1) {
      singleVjp(step, context);
      return;
    }
    const product = productOf(node);
    const { rows, columns, a, b } = product;
    const g = { buffer: defined(step, context), batch: rows * columns };
    const [ofA, ofB] = inputs.map((name) => context.value(name));
    if (wanted[0]) {
      const along = { outer: columns, depth: 1 };
      emitShare(node.name, inputs[0], product, { ...g, ...along, count: columns }, ofB, a, b, context);
    }
    if (wanted[1]) {
      const along = { outer: 1, depth: columns };
      emitShare(node.name, inputs[1], product, { ...g, ...along, count: rows }, ofA, b, a, context);
    }
  },
};

/** The product's cotangents as they are walked for one operand. */
interface WalkedCotangents extends OperandStrides {
  readonly buffer: Buffer;
  /** Terms of a sum. */
  readonly count: number;
}

/** Adds what one operand gets: `own` are its strides, `other` those of the operand that it is multiplied by. */
function emitShare(
  label: string,
  name: string,
  { batches, rows, columns, depth }: MatrixProduct,
  g: WalkedCotangents,
  factors: Buffer,
  own: OperandStrides,
  other: OperandStrides,
  { into, emit, stride: lanes, width }: BackwardContext,
): void {
  const { target, accumulate } = into(name);
  const bytes = (stride: number) => 4 * lanes * stride;
  const outer = g.count === columns ? rows : columns;
  // An operand that all products share takes the sum over them, one after the other.
  const rounds = own.batch === 0 ? batches : 1;
  const macs = (width * batches * rows * columns * depth) / rounds;
  for (let round = 0; round < rounds; round++)
    emit(
      entry(
        `mat_mul_vjp_${width as Lanes}`,
        label,
        (batches / rounds) * outer,
        {
          g: new Place(g.buffer, bytes(round * g.batch)),
          s: new Place(factors, 4 * round * other.batch),
          gx: target.buffer,
          ...{ rows: outer, columns: depth, depth: g.count },
          ...{ gBatch: bytes(g.batch), gRow: bytes(g.outer), gDepth: bytes(g.depth) },
          ...{ sBatch: 4 * other.batch, sColumn: 4 * other.depth, sDepth: 4 * other.outer },
          ...{ xBatch: bytes(own.batch), xRow: bytes(own.outer), xColumn: bytes(own.depth) },
          accumulate: round === 0 ? accumulate : 1,
        },
        { work: () => ({ dense: macs, live: macs }) },
      ),
    );
}
