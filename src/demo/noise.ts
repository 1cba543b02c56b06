import { mix } from "./random.js";

/** Value noise in [0, 1]: random values on the integer lattice, interpolated smoothly. */
export function valueNoise(key: number, x: number, y: number): number {
  const i = Math.floor(x);
  const j = Math.floor(y);
  const u = x - i;
  const v = y - j;
  const s = u * u * (3 - 2 * u);
  const t = v * v * (3 - 2 * v);
  const top = lattice(key, i, j) * (1 - s) + lattice(key, i + 1, j) * s;
  const bottom = lattice(key, i, j + 1) * (1 - s) + lattice(key, i + 1, j + 1) * s;
  return top * (1 - t) + bottom * t;
}

/** Sum of `octaves` value noises, each twice as fine and half as strong, in [0, 1]. */
export function fractalNoise(key: number, x: number, y: number, octaves: number): number {
  let sum = 0;
  let weight = 0;
  let amplitude = 1;
  let scale = 1;
  for (let o = 0; o < octaves; o++) {
    sum += amplitude * valueNoise(key + o, x * scale, y * scale);
    weight += amplitude;
    amplitude *= 0.5;
    scale *= 2;
  }
  return sum / weight;
}

function lattice(key: number, i: number, j: number): number {
  return (mix(Math.imul(i, 0x1f123bb5) ^ Math.imul(j, 0x5f356495) ^ key) >>> 0) / 4294967296;
}
