import {
  type I32,
  ifThen,
  type KernelSource,
  kernel,
  madd,
  type V128,
  type Variable,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { isLive, load, store, type Width } from "../wasm/tiles.js";
import { GEOMETRY, tapsOfPixel } from "./wasm_taps.js";

/** Vectors of channels that a pixel sums together: enough to hide the latency of a multiply-add. */
const VECTORS = 4;

/**
 * `depthwise_vjp` for one cotangent, channels in the lanes; every unit is written:
 *
 *   gx[p][c] = live(p, c) (sum over taps t, filters o of c, of  weights[t][o] gy[q(p, t)][o]      (+ gx[p][c] if `accumulate`))
 *
 * A unit is live if `low < values < high`, or always if `values` is 0. gy must be defined everywhere. `depthwise_vjp_1` is for one filter a channel, `depthwise_vjp_multiplied_1` for `multiplier`
 * of them, a channel at a time. Tiles: input rows.
 */
export function depthwiseGradient(multiplied: boolean): KernelSource {
  const fields = ["gy", "gx", "weights", ...GEOMETRY, "accumulate", "values", "low", "high"] as const;
  return kernel(
    `depthwise_vjp${multiplied ? "_multiplied" : ""}_1`,
    [...fields, ...(multiplied ? (["multiplier"] as const) : [])],
    ({ field, lanes: splats, begin, end, locals, target }) => {
      const [gy, gx, weights] = [field("gy"), field("gx"), field("weights")];
      const [channels, width] = [field("channels"), field("width")];
      const [kernelWidth, outWidth, accumulate] = [
        field("kernelWidth"),
        field("outWidth"),
        field("accumulate"),
      ];
      const vertical = tapsOfPixel(locals, {
        size: field("kernelHeight"),
        stride: field("strideHeight"),
        dilation: field("dilationHeight"),
        pad: field("padTop"),
        outputs: field("outHeight"),
      });
      const horizontal = tapsOfPixel(locals, {
        size: kernelWidth,
        stride: field("strideWidth"),
        dilation: field("dilationWidth"),
        pad: field("padLeft"),
        outputs: outWidth,
      });
      const values = field("values");
      const [low, high, live] = [splats("low"), splats("high"), locals.v128()];
      const multiplier = multiplied ? field("multiplier") : undefined;
      const filterBytes = locals.i32(multiplier ? channels.mul(multiplier).shl(2) : channels.shl(2));
      const [w, left, to, at, filter] = Array.from({ length: 5 }, () => locals.i32());
      const [firstWeight, firstOutput, rows, columns] = Array.from({ length: 4 }, () => locals.i32());
      const [weightRow, weight, outputRow, output] = Array.from({ length: 4 }, () => locals.i32());
      const [weightRowStep, weightStep] = [locals.i32(), locals.i32()];
      const [outputRowStep, outputStep] = [locals.i32(), locals.i32()];
      const acc = Array.from({ length: VECTORS }, () => locals.v128());

      const addTap = (sums: readonly Variable<V128>[], lanes: Width): void => {
        for (const [v, sum] of sums.entries()) {
          const g = load(lanes, gy.add(output), 16 * v);
          sum.set(madd(target, load(lanes, weights.add(weight), 16 * v), g, sum));
        }
      };
      const addFilters = (sums: readonly Variable<V128>[], count: I32): void => {
        filter.set(count);
        whileDo(
          () => filter,
          () => {
            addTap(sums, 1);
            weight.set(weight.add(4));
            output.set(output.add(4));
            filter.set(filter.sub(1));
          },
        );
      };
      /** The channels from `at` on, `4 at` being the byte of the first of their filters. */
      const pixel = (sums: readonly Variable<V128>[], lanes: Width): void => {
        for (const sum of sums) sum.set(zero());
        ifThen(accumulate, () => {
          for (const [v, sum] of sums.entries()) sum.set(load(lanes, to, 16 * v));
        });
        rows.set(vertical.count);
        weightRow.set(firstWeight.add(at));
        outputRow.set(firstOutput.add(at));
        whileDo(
          () => rows,
          () => {
            weight.set(weightRow);
            output.set(outputRow);
            columns.set(horizontal.count);
            whileDo(
              () => columns,
              () => {
                if (multiplier) addFilters(sums, multiplier);
                else addTap(sums, lanes);
                weight.set(weight.add(weightStep));
                output.set(output.sub(outputStep));
                columns.set(columns.sub(1));
              },
            );
            weightRow.set(weightRow.add(weightRowStep));
            outputRow.set(outputRow.sub(outputRowStep));
            rows.set(rows.sub(1));
          },
        );
        const channelsDone = lanes * sums.length;
        ifThen(values, () => {
          for (const [v, sum] of sums.entries()) {
            live.set(load(lanes, values.add(to.sub(gx)), 16 * v));
            sum.set(sum.and(isLive(live, low, high)));
          }
        });
        for (const [v, sum] of sums.entries()) store(lanes, to, sum, 16 * v);
        to.set(to.add(4 * channelsDone));
        at.set(at.add(multiplier ? multiplier.shl(2) : 4 * channelsDone));
        left.set(left.sub(channelsDone));
      };
      const shapes = multiplied
        ? ([[1, 1]] as const)
        : ([
            [VECTORS, 4],
            [1, 4],
            [1, 1],
          ] as const);

      whileDo(
        () => begin.ltU(end),
        () => {
          vertical.find(begin);
          weightRowStep.set(vertical.step.mul(kernelWidth).mul(filterBytes));
          outputRowStep.set(vertical.outputStep.mul(outWidth).mul(filterBytes));
          to.set(gx.add(begin.mul(width).mul(channels).shl(2)));
          w.set(0);
          whileDo(
            () => w.ltU(width),
            () => {
              horizontal.find(w);
              weightStep.set(horizontal.step.mul(filterBytes));
              outputStep.set(horizontal.outputStep.mul(filterBytes));
              if (multiplier) {
                // From behind the last filter of a tap.
                weightStep.set(weightStep.sub(multiplier.shl(2)));
                outputStep.set(outputStep.add(multiplier.shl(2)));
              }
              firstWeight.set(vertical.first.mul(kernelWidth).add(horizontal.first).mul(filterBytes));
              firstOutput.set(vertical.output.mul(outWidth).add(horizontal.output).mul(filterBytes));
              at.set(0);
              left.set(channels);
              for (const [vectors, lanes] of shapes)
                whileDo(
                  () => left.geU(vectors * lanes),
                  () => pixel(acc.slice(0, vectors), lanes),
                );
              w.set(w.add(1));
            },
          );
          begin.set(begin.add(1));
        },
      );
    },
  );
}
