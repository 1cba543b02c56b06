import {
  doWhile,
  type I32,
  ifThen,
  type KernelSource,
  kernel,
  type Locals,
  loadI32,
  loadSplat,
  loadV,
  madd,
  storeV,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { isLive } from "../wasm/tiles.js";

/**
 * Input cotangents of a depthwise convolution for the live inputs, K cotangents in the lanes:
 *
 *   gx[p][c][k] = sum over taps t, live outputs (q(p, t), c), of  weights[t][c] gy[q][c][k]
 *                 (+ gx[p][c][k] if `accumulate`)
 *
 * The live channels of pixel p are listed from address `load(xTable + p xPitch)` to
 * `load(xTable + p xPitch + xSpan)`; other units of gx are left alone. An output is live if
 * `yLow < yValues < yHigh`, or always if `yValues` is 0. Dead ones are masked, not skipped: a vector AND is
 * cheaper than a branch that is wrong every third time. Error <= (taps + 1) u sum |w gy|, u = 2^-24.
 *
 * Tiles: input rows. The taps that reach an output from a pixel are an arithmetic progression on each axis.
 */
export function depthwiseVjp(vectors: number): KernelSource {
  const M = [0, +(process.env.M1??4), +(process.env.M2??2), +(process.env.M3??2)][vectors];
  return kernel(
    `depthwise_vjp_${4 * vectors}`,
    [
      "gy",
      "yValues",
      "yLow",
      "yHigh",
      "gx",
      "xTable",
      "xPitch",
      "xSpan",
      "weights",
      "channels",
      "height",
      "width",
      "kernelHeight",
      "kernelWidth",
      "strideHeight",
      "strideWidth",
      "padTop",
      "padLeft",
      "dilationHeight",
      "dilationWidth",
      "outHeight",
      "outWidth",
      "accumulate",
    ],
    ({ field, lanes, begin, end, locals, target }) => {
      const [gy, yValues, gx] = [field("gy"), field("yValues"), field("gx")];
      const [low, high] = [lanes("yLow"), lanes("yHigh")];
      const [xTable, xPitch, xSpan] = [field("xTable"), field("xPitch"), field("xSpan")];
      const [weights, channels, width] = [field("weights"), field("channels"), field("width")];
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

      const channelBytes = locals.i32(channels.shl(2));
      const [w, pixel, entry, last, to] = Array.from({ length: 5 }, () => locals.i32());
      const [weightRow, weight, outputRow, output] = Array.from({ length: 4 }, () => locals.i32());
      const [firstWeight, firstOutput, rows, columns] = Array.from({ length: 4 }, () => locals.i32());
      const [weightRowStep, weightStep] = [locals.i32(), locals.i32()];
      const [outputRowStep, outputStep] = [locals.i32(), locals.i32()];
      const sums = Array.from({ length: M * vectors }, () => locals.v128());
      const offset = Array.from({ length: M }, () => locals.i32());
      const [unit, pixelBytes] = [locals.i32(), locals.i32()];
      const [live, scalar] = [locals.v128(), locals.v128()];

      // One tap for `units` channels; `weight` and `output` are at the first channel.
      const addTap = (units: number, masked: boolean): void => {
        for (let i = 0; i < units; i++) {
          unit.set(output.add(offset[i]));
          if (masked) {
            live.set(loadSplat(yValues.add(unit)));
            live.set(isLive(live, low, high));
          }
          scalar.set(loadSplat(weight.add(offset[i])));
          for (let v = 0; v < vectors; v++) {
            const g = loadV(gy.add(unit.mul(4 * vectors)), 16 * v);
            const sum = sums[i * vectors + v];
            sum.set(madd(target, scalar, masked ? g.and(live) : g, sum));
          }
        }
      };
      const addTaps = (units: number, masked: boolean): void => {
        rows.set(vertical.count);
        weightRow.set(firstWeight);
        outputRow.set(firstOutput);
        whileDo(
          () => rows,
          () => {
            weight.set(weightRow);
            output.set(outputRow);
            columns.set(horizontal.count);
            whileDo(
              () => columns,
              () => {
                addTap(units, masked);
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
      };

      const tile = (units: number): void => {
        for (let i = 0; i < units; i++) {
          offset[i].set(loadI32(entry, 4 * i).shl(2));
          to.set(gx.add(pixelBytes.add(offset[i]).mul(4 * vectors)));
          const own = sums.slice(i * vectors, (i + 1) * vectors);
          for (const sum of own) sum.set(zero());
          ifThen(accumulate, () => {
            for (const [v, sum] of own.entries()) sum.set(loadV(to, 16 * v));
          });
        }
        ifThen(
          yValues,
          () => addTaps(units, true),
          () => addTaps(units, false),
        );
        for (let i = 0; i < units; i++) {
          to.set(gx.add(pixelBytes.add(offset[i]).mul(4 * vectors)));
          for (let v = 0; v < vectors; v++) storeV(to, sums[i * vectors + v], 16 * v);
        }
        entry.set(entry.add(4 * units));
      };

      whileDo(
        () => begin.ltU(end),
        () => {
          vertical.find(begin);
          weightRowStep.set(vertical.step.mul(kernelWidth).mul(channelBytes));
          outputRowStep.set(vertical.outputStep.mul(outWidth).mul(channelBytes));
          pixel.set(begin.mul(width));
          w.set(0);
          whileDo(
            () => w.ltU(width),
            () => {
              pixelBytes.set(pixel.mul(channelBytes));
              horizontal.find(w);
              weightStep.set(horizontal.step.mul(channelBytes));
              outputStep.set(horizontal.outputStep.mul(channelBytes));
              firstWeight.set(
                weights.add(vertical.first.mul(kernelWidth).add(horizontal.first).mul(channelBytes)),
              );
              firstOutput.set(vertical.output.mul(outWidth).add(horizontal.output).mul(channelBytes));
              entry.set(xTable.add(pixel.mul(xPitch)));
              last.set(loadI32(entry.add(xSpan)));
              entry.set(loadI32(entry));
              for (const units of [M, 1])
                whileDo(
                  () => entry.add(4 * units).leU(last),
                  () => tile(units),
                );
              pixel.set(pixel.add(1));
              w.set(w.add(1));
            },
          );
          begin.set(begin.add(1));
        },
      );
    },
  );
}

interface Axis {
  readonly size: I32;
  readonly stride: I32;
  readonly dilation: I32;
  readonly pad: I32;
  readonly outputs: I32;
}

/**
 * On one axis, the taps t under which a pixel feeds an output, `output stride - pad + t dilation = at`: `count` of
 * them, from `first` in steps of `step`; the first feeds `output`, the next `output - outputStep`.
 */
function tapsOfPixel(locals: Locals, { size, stride, dilation, pad, outputs }: Axis) {
  const [first, step, count, output, outputStep] = Array.from({ length: 5 }, () => locals.i32());
  const [tap, reach] = [locals.i32(), locals.i32()];
  const find = (at: I32): void => {
    for (const variable of [first, step, count, output, outputStep, tap]) variable.set(0);
    reach.set(at.add(pad));
    doWhile(
      () => {
        const inside = reach.divU(stride).ltU(outputs).and(reach.geS(0));
        ifThen(reach.remU(stride).eqz().and(inside), () => {
          ifThen(
            count,
            () =>
              ifThen(count.eq(1), () => {
                step.set(tap.sub(first));
                outputStep.set(output.sub(reach.divU(stride)));
              }),
            () => {
              first.set(tap);
              output.set(reach.divU(stride));
            },
          );
          count.set(count.add(1));
        });
        reach.set(reach.sub(dilation));
        tap.set(tap.add(1));
      },
      () => tap.ltU(size),
    );
  };
  return { first, step, count, output, outputStep, find };
}
