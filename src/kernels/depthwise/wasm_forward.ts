import {
  doWhile,
  type I32,
  ifThen,
  type KernelSource,
  kernel,
  loadI32,
  loadSplat,
  loadV,
  loadV64,
  madd,
  selectI32,
  storeV,
  type V128,
  type Variable,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { clamp, load, minSigned, minU, store, type Width } from "../wasm/tiles.js";
import { GEOMETRY } from "./wasm_taps.js";

/**
 * Register tiles: `outputs` neighbouring pixels of 4 channels under a row of `taps`, for one stride. An input
 * vector is loaded once for all outputs that it reaches. Weights, inputs and sums of a row fit 15 registers.
 */
const TILES = [
  { taps: 3, stride: 1, outputs: 4 },
  { taps: 3, stride: 2, outputs: 3 },
  { taps: 5, stride: 1, outputs: 3 },
  { taps: 5, stride: 2, outputs: 2 },
] as const;

/** Vectors of channels that a single pixel sums together. */
const VECTORS = 4;

/** Filters of a channel: one, or two, or four, or any number, which goes by a table. */
export type Multiplier = 1 | 2 | 4 | "any";

/**
 * Depthwise convolution (a `conv/reference.ts` with as many groups as channels), bias and clamp fused:
 *
 *   y[q][o] = clamp(bias[o] + sum over taps t of  weights[t][o] x[p(q, t)][floor(o / m)], low, high)
 *
 * with m filters for each channel. `channels` are those of y. Filters in the lanes: four of them see four, two or one
 * channels, which are loaded and spread, so that the rest is the same for every m.
 *
 * With m = "any" (`depthwise_forward_by_any`) that goes by a table, `spread` (`spread_table.ts`).
 *
 * Pixels whose row of taps lies inside the image go by the tiles above where one fits, the others one by one. Every
 * output is summed in the order of the taps whatever its path: error <= (taps + 1) u sum |w x|, u = 2^-24. Up to 12
 * bytes past the end of x are read. Tiles: output rows.
 */
export const depthwiseForward = (multiplier: Multiplier): KernelSource => {
  const by = multiplier === 1 ? "" : `_by_${multiplier}`;
  const fields = ["x", "weights", "bias", "y", ...GEOMETRY, "low", "high"] as const;
  const table = multiplier === "any" ? (["multiplier", "spread"] as const) : [];
  return kernel(
    `depthwise_forward${by}`,
    [...fields, ...table],
    ({ field, lanes, begin, end, locals, target }) => {
      const [x, weights, bias, y] = [field("x"), field("weights"), field("bias"), field("y")];
      const [channels, height, width] = [field("channels"), field("height"), field("width")];
      const [kernelHeight, kernelWidth] = [field("kernelHeight"), field("kernelWidth")];
      const [strideHeight, strideWidth] = [field("strideHeight"), field("strideWidth")];
      const [padTop, padLeft] = [field("padTop"), field("padLeft")];
      const [dilationHeight, dilationWidth] = [field("dilationHeight"), field("dilationWidth")];
      const outWidth = field("outWidth");
      const [low, high] = [lanes("low"), lanes("high")];

      const pixelBytes = locals.i32(channels.shl(2));
      const spread = multiplier === "any" ? field("spread") : undefined;
      const factor = multiplier === "any" ? field("multiplier") : multiplier;
      const xPixelBytes = factor === 1 ? pixelBytes : locals.i32(channels.divU(factor).shl(2));
      const xStep = locals.i32(dilationHeight.mul(width).mul(xPixelBytes));
      const wStep = locals.i32(kernelWidth.mul(pixelBytes));
      const [ox, interior, interiorEnd, xRow, wRow, yRow] = Array.from({ length: 6 }, () => locals.i32());
      const [origin, r, rEnd, s, sEnd, left] = Array.from({ length: 6 }, () => locals.i32());
      const [xAt, wAt, yAt, row, w, channel, last, rows, more, xp, wp, columns] = Array.from(
        { length: 12 },
        () => locals.i32(),
      );
      const acc = Array.from({ length: VECTORS }, () => locals.v128());
      const tapWeights = Array.from({ length: 5 }, () => locals.v128());
      const xv = locals.v128();
      const perPixel = (bytes: I32) => Array.from({ length: 7 }, (_, j) => locals.i32(bytes.mul(j)));
      const offsets = perPixel(pixelBytes);
      const xOffsets = factor === 1 ? offsets : perPixel(xPixelBytes);
      const pattern = locals.v128();
      /** The inputs of the outputs at `channel`, `4 v` after them, from the first tap's pixel on; `row` goes there. */
      const findInputs = (lane: Width): void => {
        if (!spread) row.set(xAt.add(factor === 1 ? channel : channel.shrU(2).divU(factor).shl(2)));
        else if (lane === 1) row.set(xAt.add(channel.shrU(2).divU(factor).shl(2)));
        else {
          // The last four overlap those before them, and have the entry after.
          row.set(spread.add(channel.add(15).shrU(4).shl(5)));
          pattern.set(loadV(row));
          row.set(xAt.add(loadI32(row, 16)));
        }
      };
      const inputs = (p: I32, v: number): V128 => {
        if (spread) return loadV(p).swizzle(pattern);
        if (factor === 1) return loadV(p, 16 * v);
        return factor === 2 ? loadV64(p, 8 * v).shuffle(zero(), [0, 0, 1, 1]) : loadSplat(p, 4 * v);
      };

      /** Taps that fall on the image: `first <= tap < stop`. */
      const range = (first: Variable<I32>, stop: Variable<I32>, size: I32, dilation: I32, n: I32): void => {
        first.set(selectI32(origin.geS(0), 0, dilation.sub(1).sub(origin).divU(dilation)));
        stop.set(selectI32(origin.ltS(n), n.sub(1).sub(origin).divU(dilation).add(1), 0));
        stop.set(minU(stop, size));
      };

      // `xAt`, `wAt`, `yAt`: the first tap's pixel, its weights and the output, at the first channel.
      const tile = ({ taps, stride, outputs }: (typeof TILES)[number]): void => {
        channel.set(0);
        last.set(pixelBytes.sub(16));
        doWhile(
          () => {
            for (let m = 0; m < outputs; m++) acc[m].set(loadV(bias.add(channel)));
            findInputs(4);
            w.set(wAt.add(channel));
            rows.set(r);
            whileDo(
              () => rows.ltU(rEnd),
              () => {
                for (let t = 0; t < taps; t++) tapWeights[t].set(loadV(t === 0 ? w : w.add(offsets[t])));
                for (let j = 0; j < taps + (outputs - 1) * stride; j++) {
                  xv.set(inputs(j === 0 ? row : row.add(xOffsets[j]), 0));
                  for (let m = 0; m < outputs; m++) {
                    const t = j - m * stride;
                    if (t >= 0 && t < taps) acc[m].set(madd(target, xv, tapWeights[t], acc[m]));
                  }
                }
                row.set(row.add(xStep));
                w.set(w.add(wStep));
                rows.set(rows.add(1));
              },
            );
            for (let m = 0; m < outputs; m++)
              storeV(yAt.add(channel).add(m === 0 ? 0 : offsets[m]), clamp(acc[m], low, high));
            // The last vector overlaps the one before it if it would run over.
            more.set(channel.ltU(last));
            channel.set(minU(channel.add(16), last));
          },
          () => more,
        );
      };

      const pixel = (vectors: number, lane: Width): void => {
        for (let v = 0; v < vectors; v++) acc[v].set(load(lane, bias.add(channel), 16 * v));
        findInputs(lane);
        w.set(wAt.add(channel));
        rows.set(r);
        whileDo(
          () => rows.ltU(rEnd),
          () => {
            xp.set(row);
            wp.set(w);
            columns.set(s);
            whileDo(
              () => columns.ltU(sEnd),
              () => {
                for (let v = 0; v < vectors; v++) {
                  const xs = lane === 4 ? inputs(xp, v) : loadSplat(xp);
                  acc[v].set(madd(target, xs, load(lane, wp, 16 * v), acc[v]));
                }
                xp.set(xp.add(dilationWidth.mul(xPixelBytes)));
                wp.set(wp.add(pixelBytes));
                columns.set(columns.add(1));
              },
            );
            row.set(row.add(xStep));
            w.set(w.add(wStep));
            rows.set(rows.add(1));
          },
        );
        for (let v = 0; v < vectors; v++) store(lane, yAt.add(channel), clamp(acc[v], low, high), 16 * v);
        channel.set(channel.add(4 * lane * vectors));
        left.set(left.sub(lane * vectors));
      };

      const onePixel = (): void => {
        origin.set(ox.mul(strideWidth).sub(padLeft));
        range(s, sEnd, kernelWidth, dilationWidth, width);
        xAt.set(xRow.add(origin.add(s.mul(dilationWidth)).mul(xPixelBytes)));
        wAt.set(wRow.add(s.mul(pixelBytes)));
        yAt.set(yRow.add(ox.mul(pixelBytes)));
        channel.set(0);
        left.set(channels);
        for (const [vectors, lane] of [
          [spread ? 1 : VECTORS, 4],
          [1, 4],
          [1, 1],
        ] as const)
          whileDo(
            () => left.geU(vectors * lane),
            () => pixel(vectors, lane),
          );
        ox.set(ox.add(1));
      };

      const tiles = (shapes: readonly (typeof TILES)[number][]): void => {
        const [shape, ...others] = shapes;
        const run = (): void => {
          // The last tile overlaps the one before it if it would run over.
          ox.set(minU(ox, interiorEnd.sub(shape.outputs)));
          xAt.set(xRow.add(ox.mul(strideWidth).sub(padLeft).mul(xPixelBytes)));
          wAt.set(wRow);
          yAt.set(yRow.add(ox.mul(pixelBytes)));
          tile(shape);
          ox.set(ox.add(shape.outputs));
        };
        if (others.length === 0) run();
        else ifThen(fits(shape), run, () => tiles(others));
      };
      const fits = ({ taps, stride }: (typeof TILES)[number]): I32 =>
        kernelWidth.eq(taps).and(strideWidth.eq(stride));

      // Pixels with all their taps inside the image, if there is a tile for them.
      interior.set(padLeft.add(strideWidth).sub(1).divU(strideWidth));
      interiorEnd.set(width.sub(1).add(padLeft).sub(kernelWidth.sub(1).mul(dilationWidth)));
      interiorEnd.set(selectI32(interiorEnd.geS(0), interiorEnd.divU(strideWidth).add(1), 0));
      interiorEnd.set(minSigned(interiorEnd, outWidth));
      left.set(0);
      for (const shape of TILES) left.set(selectI32(fits(shape), shape.outputs, left));
      left.set(selectI32(dilationWidth.eq(1).and(channels.geU(4)), left, 0));
      interiorEnd.set(selectI32(interior.add(left).leU(interiorEnd).and(left.ne(0)), interiorEnd, 0));
      whileDo(
        () => begin.ltU(end),
        () => {
          origin.set(begin.mul(strideHeight).sub(padTop));
          range(r, rEnd, kernelHeight, dilationHeight, height);
          xRow.set(x.add(origin.add(r.mul(dilationHeight)).mul(width).mul(xPixelBytes)));
          wRow.set(weights.add(r.mul(wStep)));
          yRow.set(y.add(begin.mul(outWidth).mul(pixelBytes)));
          ox.set(0);
          whileDo(
            () => ox.ltU(outWidth),
            () => ifThen(ox.geU(interior).and(ox.ltU(interiorEnd)), () => tiles(TILES), onePixel),
          );
          begin.set(begin.add(1));
        },
      );
    },
  );
};
