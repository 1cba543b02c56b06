import { doWhile, type I32, ifThen, type Locals } from "../wasm/assembler.js";

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
