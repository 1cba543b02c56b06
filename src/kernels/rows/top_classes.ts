import type { RowInstance } from "../wasm/row_instance.js";
import { BLOCK_ROWS, BLOCK_VALUES } from "./blocks.js";

/**
 * `topClasses` of `top_classes/reference.ts` of each row of logits, on the kernels. Exact.
 *
 * @param logits `[N][classes]`
 * @returns `[N][count]`
 */
export function topClasses(
  kernels: RowInstance,
  logits: Float32Array,
  classes: number,
  count: number,
): Int32Array {
  kernels.reset();
  const images = logits.length / classes;
  const most = Math.min(images, BLOCK_ROWS, Math.max(1, Math.floor(BLOCK_VALUES / classes)));
  const [at, to] = [kernels.reserve(4 * most * classes), kernels.reserve(4 * most * count)];
  const counter = kernels.reserve(4);
  const [values, found] = [kernels.floats(at, most * classes), kernels.integers(to, most * count)];
  kernels.integers(counter, 1)[0] = count;
  const top = new Int32Array(images * count);
  for (let first = 0; first < images; first += most) {
    const rows = Math.min(most, images - first);
    values.set(logits.subarray(first * classes, (first + rows) * classes));
    for (let n = 0; n < rows; n++)
      kernels.run("top_classes", 1, {
        logits: at + 4 * n * classes,
        classes,
        label: 0,
        count: counter,
        top: to + 4 * n * count,
      });
    top.set(found.subarray(0, rows * count), first * count);
  }
  return top;
}
