import { kernel, loadV, zero } from "../wasm/assembler.js";
import { CHOICE } from "./gradient_kernels.js";
import { SPARSE_FILTERS } from "./pack.js";
import { leaveToOthers } from "./wasm_gradient_choice.js";
import { SWEEP_FIELDS, sweepColumns } from "./wasm_sparse_columns.js";
import { storeLive } from "./wasm_store.js";

/**
 * `conv_gradient` that skips outputs whose cotangent is 0, for kernels of three rows, stride 1, no dilation, one group. The
 * bits are those of `conv_gradient_2x16`, if no weight is infinite or NaN. How it goes: `wasm_sparse_columns.ts`.
 *
 * The offset that the `nonzero_list` has with output o of pixel q is `o rowBytes - q tapBytes`: the further left an
 * output lies, the further right is the tap through which a pixel reaches it. `padTop` and `padLeft` are those of the convolution of
 * cotangents, `kernel - 1 - pad`.
 *
 * Tiles: `[channel block][column]`.
 */
export const convGradientSparse = kernel(
  "conv_gradient_sparse_3x16",
  [
    ...SWEEP_FIELDS,
    ...(["weights", "y", "residual", "values", "low", "high"] as const),
    ...(["rowTapBytes", "tapBytes", "block", "blockBytes", "depth", "filters", "yPixel", "choice"] as const),
  ],
  (frame) => {
    const { field, lanes, locals, begin, end } = frame;
    leaveToOthers(field("choice"), CHOICE.sparse, begin, end);
    const [weights, y, residual, values] = [field("weights"), field("y"), field("residual"), field("values")];
    const [filters, yPixel, block] = [field("filters"), field("yPixel"), field("block")];
    const [tapBytes, rowTap, kernelWidth] = [field("tapBytes"), field("rowTapBytes"), field("kernelWidth")];
    const [low, high] = [lanes("low"), lanes("high")];
    const outRow = locals.i32(field("outWidth").mul(yPixel));
    const [filter, left, out, base] = Array.from({ length: 4 }, () => locals.i32());
    const [spare, live] = [locals.v128(), locals.v128()];
    const rowTaps = [rowTap, locals.i32(rowTap.mul(2))];
    const rows = rowTaps.map(() => locals.i32());
    sweepColumns(frame, {
      column: (tile, column, first) => {
        filter.set(tile.mul(SPARSE_FILTERS));
        left.set(filters.sub(filter));
        base.set(weights.add(filter.divU(block).mul(field("blockBytes"))).add(filter.remU(block).shl(2)));
        base.set(base.add(first.add(kernelWidth).sub(1).mul(tapBytes)));
        out.set(column.mul(yPixel).add(filter.shl(2)));
      },
      start: (sums) => {
        for (const sum of sums) sum.set(zero());
      },
      weights: (offset) => base.add(offset),
      // The highest of them sees the cotangent through the first row of the kernel.
      load: (w, output, v) => {
        if (output === 0) return loadV(w, 16 * v);
        if (v === 0) rows[output - 1].set(w.add(rowTaps[output - 1]));
        return loadV(rows[output - 1], 16 * v);
      },
      store: (sums) => {
        storeLive({ out, y, residual, left, acc: sums, spare, values, low, high, live });
        out.set(out.add(outRow));
      },
    });
  },
);
