import type { GradientRequest } from "./backend.js";
import { maskOutside } from "./shift.js";

/**
 * Where a backend of any kind puts the gradients of its images, so that all engines mask and add alike: the float32
 * gradients in float64, in the order in which they are put, rounded once.
 */
export class GradientSink {
  private readonly total: Float64Array | undefined;

  constructor(
    private readonly request: Pick<GradientRequest, "sum" | "shift" | "values">,
    private readonly size: number,
  ) {
    if (request.sum) this.total = new Float64Array(size);
    request.values.fill(0);
  }

  /**
   * Takes the gradient of image n at image + v, `[D]`, which it may overwrite; images in order. One that is never put has a
   * gradient of zeros.
   *
   * @param image without v
   */
  put(n: number, gradient: Float32Array, image: Float32Array): void {
    maskOutside(gradient, image, this.request.shift);
    const { total, size } = this;
    if (total === undefined) this.request.values.set(gradient, n * size);
    else for (let i = 0; i < size; i++) total[i] += gradient[i];
  }

  finish(): void {
    if (this.total) this.request.values.set(this.total);
  }
}
