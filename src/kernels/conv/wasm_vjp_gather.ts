import {
  doWhile,
  type Frame,
  type I32,
  i32Splat,
  i32x4Of,
  ifThen,
  loadI32,
  loadV,
  selectI32,
  storeV,
  type Variable,
  whileDo,
} from "../wasm/assembler.js";

/** Fields of `conv_vjp` that gathering reads. */
export const GATHER_FIELDS = [
  "gy",
  "yTable",
  "yPitch",
  "yBegin",
  "yEnd",
  "yChannels",
  "outHeight",
  "outWidth",
  "rowBytes",
  "tapBytes",
  "kernelHeight",
  "kernelWidth",
  "strideHeight",
  "strideWidth",
  "padTop",
  "padLeft",
  "dilationHeight",
  "dilationWidth",
] as const;

/**
 * Lists the live outputs under the taps of one input pixel: pairs (address of the weight row, address of the
 * cotangent), in the order tap, channel. Returns what emits that for input position (h, w), from `top` on, and
 * leaves `top` at the end of the list; up to 7 pairs are written beyond it.
 */
export function liveOutputs(
  { field, locals }: Pick<Frame<(typeof GATHER_FIELDS)[number]>, "field" | "locals">,
  laneBytes: number,
): (h: I32, w: I32, weights: I32, top: Variable<I32>) => void {
  const [gy, yTable, yPitch] = [field("gy"), field("yTable"), field("yPitch")];
  const [yBegin, yEnd, yChannels] = [field("yBegin"), field("yEnd"), field("yChannels")];
  const [outHeight, outWidth] = [field("outHeight"), field("outWidth")];
  const [rowBytes, tapBytes] = [field("rowBytes"), field("tapBytes")];
  const [kernelHeight, kernelWidth] = [field("kernelHeight"), field("kernelWidth")];
  const [strideHeight, strideWidth] = [field("strideHeight"), field("strideWidth")];
  const [padTop, padLeft] = [field("padTop"), field("padLeft")];
  const [dilationHeight, dilationWidth] = [field("dilationHeight"), field("dilationWidth")];
  const [r, s, hy, wy, row, column] = Array.from({ length: 6 }, () => locals.i32());
  const [q, qEnd, unit, tap, next] = Array.from({ length: 5 }, () => locals.i32());
  const [addend, channels] = [locals.v128(), locals.v128()];
  const factor = locals.v128(i32x4Of(rowBytes, laneBytes, rowBytes, laneBytes));

  // Appends the live channels of one output pixel, eight a round.
  const append = (weights: I32, top: Variable<I32>): void => {
    unit.set(row.mul(outWidth).add(column));
    q.set(yTable.add(unit.mul(yPitch)));
    qEnd.set(loadI32(q.add(yEnd)));
    q.set(loadI32(q.add(yBegin)));
    next.set(top.add(qEnd.sub(q).shl(1)));
    tap.set(weights.add(r.mul(kernelWidth).add(s).mul(tapBytes)));
    unit.set(gy.add(unit.mul(yChannels).mul(laneBytes)));
    addend.set(i32Splat(tap).shuffle(i32Splat(unit), [0, 4, 0, 4]));
    whileDo(
      () => q.ltU(qEnd),
      () => {
        for (let half = 0; half < 2; half++) {
          channels.set(loadV(q, 16 * half));
          for (const [pair, order] of [[0, 0, 1, 1] as const, [2, 2, 3, 3] as const].entries())
            storeV(
              top,
              channels.shuffle(channels, order).i32Mul(factor).i32Add(addend),
              32 * half + 16 * pair,
            );
        }
        q.set(q.add(32));
        top.set(top.add(64));
      },
    );
    top.set(next);
  };

  // q stride + t dilation = p + pad for the output position q under tap t of input position p. A division a tap
  // would cost more than the tap's work, so the usual stride 1 has its own branch.
  const outputUnder = (
    padded: I32,
    stride: I32,
    limit: I32,
    output: Variable<I32>,
    body: () => void,
  ): void => {
    ifThen(
      stride.eq(1),
      () => output.set(padded),
      () => {
        output.set(padded.divU(stride));
        output.set(selectI32(output.mul(stride).eq(padded), output, -1));
      },
    );
    // A tap before the first output is a huge unsigned number, and so is -1.
    ifThen(output.ltU(limit).and(padded.geS(0)), body);
  };

  return (h, w, weights, top) => {
    r.set(0);
    hy.set(h.add(padTop));
    doWhile(
      () => {
        outputUnder(hy, strideHeight, outHeight, row, () => {
          s.set(0);
          wy.set(w.add(padLeft));
          doWhile(
            () => {
              outputUnder(wy, strideWidth, outWidth, column, () => append(weights, top));
              wy.set(wy.sub(dilationWidth));
              s.set(s.add(1));
            },
            () => s.ltU(kernelWidth),
          );
        });
        hy.set(hy.sub(dilationHeight));
        r.set(r.add(1));
      },
      () => r.ltU(kernelHeight),
    );
  };
}
