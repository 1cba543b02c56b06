import type { JacobianRequest } from "./backend.js";

/** The two calls that a gradient can be made of; `jacobian` is given indices, `[N][rows]`. */
export interface GradientSource {
  logits(images: Float32Array, signal: AbortSignal | undefined): Promise<Float32Array>;
  jacobian(
    images: Float32Array,
    request: JacobianRequest & { readonly classes: Int32Array },
  ): Promise<unknown>;
}
