/** What is added to each image before it is judged. */
export interface Shift {
  /** `[D]`. */
  readonly perturbation: Float32Array;
  /** The sum is clipped to these bounds; undefined: it is not. */
  readonly bounds?: readonly [number, number];
}

/** Writes `image + perturbation`, rounded to float32 and clipped if asked, to `out`. */
export function shiftImage(image: Float32Array, shift: Shift, out: Float32Array): void {
  const { perturbation, bounds } = shift;
  for (let i = 0; i < image.length; i++) out[i] = image[i] + perturbation[i];
  if (bounds === undefined) return;
  for (let i = 0; i < image.length; i++) out[i] = Math.min(Math.max(out[i], bounds[0]), bounds[1]);
}

/** Images `[N][D]`, shifted, in memory of their own; the very same ones if there is no shift. */
export function shiftedImages(images: Float32Array, size: number, shift: Shift | undefined): Float32Array {
  if (shift === undefined) return images;
  const out = new Float32Array(images.length);
  for (let at = 0; at < images.length; at += size)
    shiftImage(images.subarray(at, at + size), shift, out.subarray(at, at + size));
  return out;
}

/** Derivative of `shiftImage`: sets to 0 where `image + perturbation` lies outside the bounds; on them it counts. */
export function maskOutside(gradient: Float32Array, image: Float32Array, shift: Shift | undefined): void {
  if (shift?.bounds === undefined) return;
  const [low, high] = shift.bounds;
  for (let i = 0; i < gradient.length; i++) {
    const x = Math.fround(image[i] + shift.perturbation[i]);
    if (x < low || x > high) gradient[i] = 0;
  }
}
