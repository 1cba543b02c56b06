import { clamp } from "./exact_maths.js";
import type { Random } from "./random.js";

/** Red, green, blue in [0, 1]. */
export type Colour = readonly [number, number, number];

/** `hue` in turns, saturation and value in [0, 1]. */
export function hsv(hue: number, saturation: number, value: number): Colour {
  const h = (hue - Math.floor(hue)) * 6;
  const channel = (offset: number): number => {
    const k = (h + offset) % 6;
    return value * (1 - saturation * clamp(Math.min(k, 4 - k), 0, 1));
  };
  return [channel(5), channel(3), channel(1)];
}

export function blend(a: Colour, b: Colour, t: number): Colour {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

export function scaled(a: Colour, factor: number): Colour {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

/** How different two colours look, roughly: weighted distance, 0 to 1. */
export function contrast(a: Colour, b: Colour): number {
  const r = a[0] - b[0];
  const g = a[1] - b[1];
  const c = a[2] - b[2];
  return Math.sqrt(0.3 * r * r + 0.5 * g * g + 0.2 * c * c);
}

/** A main colour and an accent for an object; the same distribution for every class, so colour says nothing. */
export interface Palette {
  readonly main: Colour;
  readonly accent: Colour;
  readonly dark: Colour;
  readonly light: Colour;
}

/** Draws a palette whose main colour stands out from `background`. */
export function drawPalette(random: Random, background: Colour, least: number): Palette {
  let main: Colour = [0, 0, 0];
  for (let attempt = 0; attempt < 24; attempt++) {
    main = hsv(random.uniform(), random.uniform(0.25, 0.9), random.uniform(0.3, 1));
    if (contrast(main, background) > least) break;
  }
  let accent: Colour = main;
  for (let attempt = 0; attempt < 24; attempt++) {
    accent = hsv(random.uniform(), random.uniform(0.2, 0.9), random.uniform(0.25, 1));
    if (contrast(accent, main) > 0.25) break;
  }
  const tint = random.uniform();
  return {
    main,
    accent,
    dark: hsv(tint, random.uniform(0.1, 0.6), random.uniform(0.08, 0.22)),
    light: hsv(tint + 0.4, random.uniform(0, 0.2), random.uniform(0.85, 1)),
  };
}
