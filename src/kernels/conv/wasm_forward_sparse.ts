import { listedBytes } from "../nonzero_list/wasm.js";
import { ifThen, kernel, loadV } from "../wasm/assembler.js";
import { SPARSE_FILTERS, SPARSE_ROWS } from "./pack.js";
import { SWEEP_FIELDS, sweepColumns } from "./wasm_sparse_columns.js";
import { storeClamped } from "./wasm_store.js";

/** Vectors of filters. */
const V = SPARSE_FILTERS / 4;
/** Weights of an input unit: `nonzero_list` counts its offsets in these. */
const UNIT_BYTES = 16 * V * SPARSE_ROWS;

/**
 * Forward convolution that skips inputs of 0, for kernels of three rows, stride 1, no dilation, one group. The bits
 * of every output are those of `conv_forward_2x16`, if no weight is infinite or NaN.
 * Weights: `[filter block][kernel column][depth][kernel row][16]`, the last block zero-padded (`packColumns`). How it
 * goes: `wasm_sparse_columns.ts`.
 *
 * Where more than `most` bytes are listed it does nothing: `conv_forward_2x16` is called after it, to do the layer
 * then and only then. Tiles: `[filter block][output column]`.
 */
export const convForwardSparse = kernel(
  "conv_forward_sparse_3x16",
  [...SWEEP_FIELDS, "weights", "bias", "y", "residual", "depth", "filters", "yPixel", "low", "high", "most"],
  (frame) => {
    const { field, lanes, locals, begin, end } = frame;
    const listed = listedBytes(locals, field("table"), field("height"), field("width"));
    ifThen(listed.gtU(field("most")), () => begin.set(end));
    const [weights, bias, y, residual] = [field("weights"), field("bias"), field("y"), field("residual")];
    const [depth, filters, yPixel] = [field("depth"), field("filters"), field("yPixel")];
    const [low, high] = [lanes("low"), lanes("high")];
    const pixelBytes = locals.i32(depth.mul(UNIT_BYTES));
    const blockBytes = locals.i32(field("kernelWidth").mul(pixelBytes));
    const outRow = locals.i32(field("outWidth").mul(yPixel));
    const [filter, left, out, base] = Array.from({ length: 4 }, () => locals.i32());
    const spare = locals.v128();
    sweepColumns(frame, {
      column: (block, column, first) => {
        filter.set(block.mul(4 * V));
        left.set(filters.sub(filter));
        base.set(weights.add(block.mul(blockBytes)).sub(first.mul(pixelBytes)));
        out.set(column.mul(yPixel).add(filter.shl(2)));
      },
      start: (sums) => {
        for (let v = 0; v < V; v++) sums[v].set(loadV(bias.add(filter.shl(2)), 16 * v));
      },
      weights: (offset) => base.add(offset),
      // The lowest of them sees the input through the first row of the kernel.
      load: (w, output, v) => loadV(w, 16 * ((SPARSE_ROWS - 1 - output) * V + v)),
      store: (sums) => {
        storeClamped({ out, y, residual, left, acc: sums, spare, low, high });
        out.set(out.add(outRow));
      },
    });
  },
);
