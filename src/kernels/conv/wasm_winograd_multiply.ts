import {
  doWhile,
  ifThen,
  int,
  kernel,
  loadSplat,
  loadV,
  madd,
  selectI32,
  storeV,
  threadScratch,
  type V128,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { clamp, minU } from "../wasm/tiles.js";
import { FILTERS, PATCHES, POSITIONS } from "./winograd.js";

/** Filters in vectors. */
const VECTORS = FILTERS / 4;
/** Bytes of the products of one position in scratch. */
const POSITION_BYTES = 4 * PATCHES * FILTERS;

/**
 * 3x3 convolution by Winograd's F(2x2, 3x3) from transformed patches (`winograd_input`) and weights
 * (`packWinograd`), with bias, residual and clamp:
 *
 *   m[t][p][o] = sum over c of  v[t][p][c] u[t][c][o]     for the 16 positions t of a patch
 *   y          = clamp(A^T m A + bias + residual, low, high)
 *
 * Register tile: 2 patches x 16 filters. Products of 8 patches and 16 filters stay in scratch until their outputs
 * are put together. Outputs past the last row or column are left out. Filters are a multiple of 16.
 *
 * Error, with |M| the matrix of absolute values, u = 2^-24:
 * |e| <= (C + 12) u |A^T| sum over c of (|G| |w| |G^T| * |B^T| |d| |B|) |A|: it grows with the whole 4x4 patch.
 * Tiles: `[filter block][8 patches]`.
 */
export const winogradMultiply = kernel(
  "winograd_multiply",
  [
    "v",
    "weights",
    "bias",
    "y",
    "residual",
    "depth",
    "filters",
    "patchesX",
    "firstPatch",
    "patches",
    "positionBytes",
    "outHeight",
    "outWidth",
    "low",
    "high",
    "scratch",
  ],
  ({ field, lanes, begin, end, locals, target }) => {
    const [v, weights, bias, y, residual] = [
      field("v"),
      field("weights"),
      field("bias"),
      field("y"),
      field("residual"),
    ];
    const [patchesX, firstPatch, patches] = [field("patchesX"), field("firstPatch"), field("patches")];
    const [positionBytes, outHeight, outWidth] = [
      field("positionBytes"),
      field("outHeight"),
      field("outWidth"),
    ];
    const [low, high] = [lanes("low"), lanes("high")];
    const scratch = locals.i32(field("scratch").add(threadScratch()));
    const depthBytes = locals.i32(field("depth").shl(2));
    const pixelBytes = locals.i32(field("filters").shl(2));
    const groups = locals.i32(patches.add(PATCHES - 1).divU(PATCHES));
    const block = locals.i32(begin.divU(groups));
    const group = locals.i32(begin.remU(groups));
    const [patch, count, p, position, to, w, offset] = Array.from({ length: 7 }, () => locals.i32());
    const [inputs, a, b, row, column, out, filter, at] = Array.from({ length: 8 }, () => locals.i32());
    const acc = Array.from({ length: 2 * VECTORS }, () => locals.v128());
    const wv = Array.from({ length: VECTORS }, () => locals.v128());
    const xv = locals.v128();
    const t = Array.from({ length: 4 }, () => locals.v128());

    const products = (): void => {
      a.set(inputs.add(p.mul(depthBytes)));
      b.set(selectI32(p.add(1).ltU(count), a.add(depthBytes), a));
      for (const sum of acc) sum.set(zero());
      offset.set(0);
      doWhile(
        () => {
          at.set(w.add(offset.mul(FILTERS)));
          for (const [i, value] of wv.entries()) value.set(loadV(at, 16 * i));
          for (const [m, from] of [a, b].entries()) {
            xv.set(loadSplat(from.add(offset)));
            for (const [i, value] of wv.entries()) {
              const sum = acc[m * VECTORS + i];
              sum.set(madd(target, xv, value, sum));
            }
          }
          offset.set(offset.add(4));
        },
        () => offset.ltU(depthBytes),
      );
      at.set(to.add(p.mul(4 * FILTERS)));
      for (const [i, sum] of acc.entries()) storeV(at, sum, 16 * i);
      p.set(p.add(2));
    };

    const finish = (value: V128): void => {
      t[3].set(value.add(loadV(bias.add(filter))));
      ifThen(residual, () => t[3].set(t[3].add(loadV(residual.add(out)))));
      storeV(y.add(out), clamp(t[3], low, high));
    };
    // Row i of the 2x2 outputs of patch p, four filters.
    const outputs = (i: number): void => {
      const m = (r: number, j: number): V128 => loadV(at, (4 * r + j) * POSITION_BYTES);
      for (let j = 0; j < 4; j++)
        t[j].set(i === 0 ? m(0, j).add(m(1, j)).add(m(2, j)) : m(1, j).sub(m(2, j)).sub(m(3, j)));
      xv.set(t[1].sub(t[2]).sub(t[3]));
      out.set(row.add(i).mul(outWidth).add(column).mul(pixelBytes).add(filter));
      finish(t[0].add(t[1]).add(t[2]));
      ifThen(column.add(1).ltU(outWidth), () => {
        out.set(out.add(pixelBytes));
        finish(xv);
      });
    };
    const putTogether = (): void => {
      row.set(patch.divU(patchesX).shl(1));
      column.set(patch.remU(patchesX).shl(1));
      filter.set(block.mul(4 * FILTERS));
      at.set(scratch.add(p.mul(4 * FILTERS)));
      w.set(VECTORS);
      doWhile(
        () => {
          outputs(0);
          ifThen(row.add(1).ltU(outHeight), () => outputs(1));
          filter.set(filter.add(16));
          at.set(at.add(16));
          w.set(w.sub(1));
        },
        () => w,
      );
      patch.set(patch.add(1));
      p.set(p.add(1));
    };

    whileDo(
      () => begin.ltU(end),
      () => {
        patch.set(group.mul(PATCHES));
        count.set(minU(patches.sub(patch), int(PATCHES)));
        inputs.set(v.add(patch.mul(depthBytes)));
        patch.set(patch.add(firstPatch));
        w.set(weights.add(block.mul(POSITIONS * FILTERS).mul(depthBytes)));
        to.set(scratch);
        position.set(POSITIONS);
        doWhile(
          () => {
            p.set(0);
            doWhile(products, () => p.ltU(count));
            inputs.set(inputs.add(positionBytes));
            w.set(w.add(depthBytes.mul(FILTERS)));
            to.set(to.add(POSITION_BYTES));
            position.set(position.sub(1));
          },
          () => position,
        );
        p.set(0);
        doWhile(putTogether, () => p.ltU(count));
        group.set(group.add(1));
        ifThen(group.eq(groups), () => {
          group.set(0);
          block.set(block.add(1));
        });
        begin.set(begin.add(1));
      },
    );
  },
);
