import { type Frame, type I32, selectI32, type Variable, whileDo } from "../wasm/assembler.js";
import { minSigned } from "../wasm/tiles.js";

/** Fields that all max-pool kernels have. */
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
  "outHeight",
  "outWidth",
] as const;

/** Walks the pixels of the kernel's input rows, and for a pixel the windows that contain it, in row-major order. */
export function windowsOfPixel(
  { field, begin, end, locals }: Frame<(typeof GEOMETRY)[number]>,
  channels: Variable<I32>,
) {
  const [width, outWidth] = [field("width"), field("outWidth")];
  const vertical = { size: field("kernelHeight"), stride: field("strideHeight"), pad: field("padTop") };
  const horizontal = { size: field("kernelWidth"), stride: field("strideWidth"), pad: field("padLeft") };
  const outHeight = field("outHeight");
  const [w, pixel, oy, ox, output] = Array.from({ length: 5 }, () => locals.i32());
  const [top, bottom, leftmost, right] = Array.from({ length: 4 }, () => locals.i32());
  /** Windows i with  i stride - pad <= at < i stride - pad + size. */
  const range = (first: Variable<I32>, stop: Variable<I32>, at: I32, axis: typeof vertical, n: I32): void => {
    first.set(at.add(axis.pad).add(axis.stride).sub(axis.size));
    first.set(selectI32(first.geS(0), first.divU(axis.stride), 0));
    stop.set(minSigned(at.add(axis.pad).divU(axis.stride).add(1), n));
  };
  return {
    forEachPixel: (body: (pixel: I32) => void): void =>
      whileDo(
        () => begin.ltU(end),
        () => {
          range(top, bottom, begin, vertical, outHeight);
          pixel.set(begin.mul(width));
          w.set(0);
          whileDo(
            () => w.ltU(width),
            () => {
              range(leftmost, right, w, horizontal, outWidth);
              body(pixel);
              pixel.set(pixel.add(1));
              w.set(w.add(1));
            },
          );
          begin.set(begin.add(1));
        },
      ),
    /** `output` is four times the output unit: the byte offset of its value. */
    forEachWindow: (channel: I32, body: (output: I32) => void): void => {
      oy.set(top);
      whileDo(
        () => oy.ltU(bottom),
        () => {
          ox.set(leftmost);
          output.set(oy.mul(outWidth).add(ox).mul(channels).add(channel).shl(2));
          whileDo(
            () => ox.ltU(right),
            () => {
              body(output);
              output.set(output.add(channels.shl(2)));
              ox.set(ox.add(1));
            },
          );
          oy.set(oy.add(1));
        },
      );
    },
  };
}
