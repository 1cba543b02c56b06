import type { Colour } from "./colour.js";
import { clamp } from "./exact_maths.js";

/** Paints one sample: layers are laid over each other from back to front, edges anti-aliased. */
export class Brush {
  r = 0;
  g = 0;
  b = 0;
  alpha = 0;

  /** @param softness width of an edge, in the units of the signed distances */
  constructor(readonly softness: number) {}

  clear(): void {
    this.r = this.g = this.b = this.alpha = 0;
  }

  /** Lays `colour` over what is there wherever `distance` is negative. */
  over(distance: number, colour: Colour, opacity = 1, light = 1): void {
    const cover = clamp(0.5 - distance / this.softness, 0, 1) * opacity;
    if (cover === 0) return;
    const keep = 1 - cover;
    this.r = this.r * keep + colour[0] * light * cover;
    this.g = this.g * keep + colour[1] * light * cover;
    this.b = this.b * keep + colour[2] * light * cover;
    this.alpha = this.alpha * keep + cover;
  }

  /** Like `over`, but only where something has been painted already: markings on a body. */
  on(distance: number, colour: Colour, opacity = 1, light = 1): void {
    this.over(distance, colour, opacity * this.alpha, light);
  }
}
