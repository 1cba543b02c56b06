import {
  doWhile,
  kernel,
  loadV,
  selectI32,
  storeV,
  type V128,
  type Variable,
  whileDo,
} from "../wasm/assembler.js";

/**
 * The input patches of `winograd_multiply`: `v[4 i + j][p][c] = (B^T d B)[i][j]` for the 4x4 patch d of channel c
 * whose top left input is that of output (2 floor(p / patchesX), 2 (p mod patchesX)); inputs outside the image
 * are 0, read from `zeros`. Patch `firstPatch` is the first at v; positions are `positionBytes` apart, which should
 * be an odd number of cache lines: 16 stores at a power of two's distance all fall into one set of the cache.
 *
 * Channels in the lanes, a multiple of 4 of them. Two roundings. Tiles: patches.
 */
export const winogradInput = kernel(
  "winograd_input",
  [
    "x",
    "v",
    "zeros",
    "height",
    "width",
    "channels",
    "padTop",
    "padLeft",
    "patchesX",
    "firstPatch",
    "positionBytes",
  ],
  ({ field, begin, end, locals }) => {
    const [x, v, zeros, height, width] = [
      field("x"),
      field("v"),
      field("zeros"),
      field("height"),
      field("width"),
    ];
    const [padTop, padLeft, patchesX] = [field("padTop"), field("padLeft"), field("patchesX")];
    const [firstPatch, positionBytes] = [field("firstPatch"), field("positionBytes")];
    const pixelBytes = locals.i32(field("channels").shl(2));
    const [patch, top, left, pixel, inRow, to, channel] = Array.from({ length: 7 }, () => locals.i32());
    const rowBytes = locals.i32(width.mul(pixelBytes));
    const columnBytes = [0, 1, 2, 3].map((s) => locals.i32(pixelBytes.mul(s)));
    const inColumn = columnBytes.map(() => locals.i32());
    const inputs = Array.from({ length: 16 }, () => locals.i32());
    const t = Array.from({ length: 4 }, () => locals.v128());
    // Row i of B^T d, column j: two inputs of the column.
    const combined = (i: number, j: number): V128 => {
      const d = (r: number): V128 => loadV(inputs[4 * r + j].add(channel));
      return [() => d(0).sub(d(2)), () => d(1).add(d(2)), () => d(2).sub(d(1)), () => d(1).sub(d(3))][i]();
    };
    const results = ([a, b, c, d]: Variable<V128>[]): V128[] => [a.sub(c), b.add(c), c.sub(b), b.sub(d)];

    whileDo(
      () => begin.ltU(end),
      () => {
        patch.set(firstPatch.add(begin));
        top.set(patch.divU(patchesX).shl(1).sub(padTop));
        left.set(patch.remU(patchesX).shl(1).sub(padLeft));
        pixel.set(x.add(top.mul(width).add(left).mul(pixelBytes)));
        for (let s = 0; s < 4; s++) inColumn[s].set(left.add(s).ltU(width));
        for (let r = 0; r < 4; r++) {
          inRow.set(top.add(r).ltU(height));
          for (let s = 0; s < 4; s++)
            inputs[4 * r + s].set(
              selectI32(inRow.and(inColumn[s]), s === 0 ? pixel : pixel.add(columnBytes[s]), zeros),
            );
          pixel.set(pixel.add(rowBytes));
        }
        channel.set(0);
        doWhile(
          () => {
            to.set(v.add(begin.mul(pixelBytes)).add(channel));
            for (let i = 0; i < 4; i++) {
              for (let j = 0; j < 4; j++) t[j].set(combined(i, j));
              for (const result of results(t)) {
                storeV(to, result);
                to.set(to.add(positionBytes));
              }
            }
            channel.set(channel.add(16));
          },
          () => channel.ltU(pixelBytes),
        );
        begin.set(begin.add(1));
      },
    );
  },
);
