import type { GradientRequest } from "./backend.js";
import type { GradientSource } from "./gradient_source.js";

/** Gradients of who has none of its own, `portableGradient` of a copy of the images: they are read after pauses, the first for it to load. */
export async function gradientOf(
  source: GradientSource,
  images: Float32Array,
  request: GradientRequest,
  size: number,
  classes: number,
): Promise<{ logits: Float32Array; losses: Float32Array }> {
  const own = images.slice();
  const { portableGradient } = await import("./portable_gradient.js");
  return portableGradient(source, own, request, size, classes);
}
