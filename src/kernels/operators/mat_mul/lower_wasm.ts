import { stridedEntry } from "../../copy_strided/lower_wasm.js";
import { inPanels, panelVjp, type WalkedStrides } from "../../panel_product/lower_wasm.js";
import { PANEL_SCRATCH_BYTES } from "../../panel_product/panels.js";
import { defined } from "../../scale/lower_wasm.js";
import { type BackwardContext, type Lowering, NOTHING } from "../../wasm/lowering.js";
import { type Buffer, entry, Place } from "../../wasm/tape.js";
import { singleVjp } from "./lower_wasm_single.js";
import { type MatrixProduct, type OperandStrides, productOf } from "./product.js";
import type { MatMul } from "./spec.js";
import { FORWARD_ROWS } from "./wasm_tile.js";

/**
 * The forward kernel wants the second operand row-major, so a transposed one is turned; the vjp, cotangents in the lanes, wants
 * the operand that it multiplies by in panels.
 */
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

  scratchBytes: () => PANEL_SCRATCH_BYTES,

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

/** Adds what one operand gets: `own` are its strides, `other` those of the operand that it is multiplied by. */
function emitShare(
  label: string,
  name: string,
  { batches, columns, rows, depth }: MatrixProduct,
  g: WalkedStrides & { readonly buffer: Buffer; readonly count: number },
  factors: Buffer,
  own: OperandStrides,
  other: OperandStrides,
  context: BackwardContext,
): void {
  const { target, accumulate } = context.into(name);
  const outer = g.count === columns ? rows : columns;
  const matrices = other.batch === 0 ? 1 : batches;
  const strides = { batch: other.batch, outer: other.depth, depth: other.outer };
  const at = inPanels(label, factors, strides, [matrices, depth, g.count], context.emit);
  // An operand that all products share takes the sum over them, one after the other.
  const rounds = own.batch === 0 ? batches : 1;
  for (let round = 0; round < rounds; round++)
    panelVjp(
      label,
      {
        ...{ batches: batches / rounds, rows: outer, columns: depth, depth: g.count },
        g: { ...g, at: new Place(g.buffer, 4 * context.stride * round * g.batch) },
        s: {
          at: matrices === 1 ? at : new Place(at, (round * at.bytes) / matrices),
          shared: matrices === 1,
        },
        gx: { ...own, at: target.buffer, init: accumulate || round > 0 ? target.buffer : 0 },
      },
      context,
    );
}
