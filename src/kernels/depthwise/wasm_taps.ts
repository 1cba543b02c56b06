import {
  doWhile,
  type Frame,
  type I32,
  ifThen,
  type Locals,
  type Variable,
  whileDo,
} from "../wasm/assembler.js";

/** Fields that both depthwise kernels have. */
export const GEOMETRY = [
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
] as const;

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
export function tapsOfPixel(locals: Locals, { size, stride, dilation, pad, outputs }: Axis) {
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

/** How a vjp goes over the taps of a pixel: `toRow`, `toColumn`, then `forEachTap`, for any of its channels. */
export interface TapWalk {
  readonly toRow: (h: I32) => void;
  readonly toColumn: (w: I32) => void;
  /**
   * Visits the taps from the left and from above.
   *
   * @param channel bytes of a pixel's filters before those of the channel
   * @param body sees the address of the tap's weight and the offset of the output in gy, and leaves both as many filters further on as
   *   the channel has, if those are several
   */
  readonly forEachTap: (
    channel: I32 | number,
    body: (weight: Variable<I32>, output: Variable<I32>) => void,
  ) => void;
}

/** @param multiplier filters of a channel, if they may be several */
export function walkTaps(
  { field, locals }: Pick<Frame<(typeof GEOMETRY)[number]>, "field" | "locals">,
  weights: I32,
  multiplier?: I32,
): TapWalk {
  const [kernelWidth, outWidth] = [field("kernelWidth"), field("outWidth")];
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
  const channelBytes = field("channels").shl(2);
  const filterBytes = locals.i32(multiplier ? channelBytes.mul(multiplier) : channelBytes);
  const [firstWeight, firstOutput, rows, columns] = Array.from({ length: 4 }, () => locals.i32());
  const [weightRow, weight, outputRow, output] = Array.from({ length: 4 }, () => locals.i32());
  const [weightRowStep, weightStep] = [locals.i32(), locals.i32()];
  const [outputRowStep, outputStep] = [locals.i32(), locals.i32()];
  return {
    toRow(h) {
      vertical.find(h);
      weightRowStep.set(vertical.step.mul(kernelWidth).mul(filterBytes));
      outputRowStep.set(vertical.outputStep.mul(outWidth).mul(filterBytes));
    },
    toColumn(w) {
      horizontal.find(w);
      weightStep.set(horizontal.step.mul(filterBytes));
      outputStep.set(horizontal.outputStep.mul(filterBytes));
      if (multiplier) {
        // From behind the last filter of a tap.
        weightStep.set(weightStep.sub(multiplier.shl(2)));
        outputStep.set(outputStep.add(multiplier.shl(2)));
      }
      firstWeight.set(weights.add(vertical.first.mul(kernelWidth).add(horizontal.first).mul(filterBytes)));
      firstOutput.set(vertical.output.mul(outWidth).add(horizontal.output).mul(filterBytes));
    },
    forEachTap(channel, body) {
      rows.set(vertical.count);
      weightRow.set(firstWeight.add(channel));
      outputRow.set(firstOutput.add(channel));
      whileDo(
        () => rows,
        () => {
          weight.set(weightRow);
          output.set(outputRow);
          columns.set(horizontal.count);
          whileDo(
            () => columns,
            () => {
              body(weight, output);
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
    },
  };
}

/** Calls `body` for each of `count` filters of a channel, side by side. */
export function forEachFilter(
  left: Variable<I32>,
  count: I32,
  weight: Variable<I32>,
  output: Variable<I32>,
  body: () => void,
): void {
  left.set(count);
  doWhile(
    () => {
      body();
      weight.set(weight.add(4));
      output.set(output.add(4));
      left.set(left.sub(1));
    },
    () => left,
  );
}
