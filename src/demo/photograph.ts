/** One image: a scene, an object in front of it, light, lens and sensor. */
import { Brush } from "./brush.js";
import { blend, type Colour, drawPalette } from "./colour.js";
import { clamp, cos, sin } from "./exact_maths.js";
import { valueNoise } from "./noise.js";
import { objectClasses } from "./objects/index.js";
import { Random } from "./random.js";
import { drawScene } from "./scenes.js";
import { stroke } from "./shapes.js";

/** Pixels per side. */
export const SIDE = 32;
/** Samples per pixel and axis. */
const SAMPLES = 2;

/** Independent streams of images. The training set goes on where the crafting set ends. */
export const splits = { training: 0, holdout: 1, validation: 2 } as const;
export type Split = keyof typeof splits;

/** Classes take turns, so every prefix of a stream is balanced. */
export function labelOf(index: number): number {
  return index % objectClasses.length;
}

/**
 * Draws image `index` of a stream into `out`: `[32, 32, 3]` bytes. Depends on nothing but its arguments, to the
 * last bit, on every machine.
 */
export function photograph(seed: number, split: Split, index: number, out: Uint8Array): void {
  const random = new Random(seed, splits[split], index);
  const scene = drawScene(random);
  const objectClass = objectClasses[labelOf(index)];

  // Where the object stands.
  const size = random.uniform(0.6, 0.95);
  const angle = random.uniform(-objectClass.turn, objectClass.turn);
  const mirror = random.chance(0.5) ? -1 : 1;
  const aspect = random.uniform(0.88, 1.13);
  const shear = random.normal(0.08);
  const cx = random.uniform(-0.28, 0.28) * (1.15 - size) * 2;
  const cy = random.uniform(-0.28, 0.28) * (1.15 - size) * 2;
  const c = cos(angle) / size;
  const s = sin(angle) / size;

  const behind = averageColour(scene, cx, cy, size);
  const palette = drawPalette(random, behind, 0.2);
  const paint = objectClass.make(random, palette);

  // Light: a gradient over the object, one over the picture, a grain on the object's surface.
  const lightAngle = random.uniform(0, 6.28);
  const lx = cos(lightAngle) * random.uniform(0.05, 0.3);
  const ly = sin(lightAngle) * random.uniform(0.05, 0.3);
  const grain = random.uniform(0, 0.35);
  const grainScale = random.uniform(2, 9);
  const grainKey = random.key();

  // The object alone, premultiplied, and then the shadow it throws.
  const layer = new Float64Array(SIDE * SIDE * 4);
  const brush = new Brush((2 / (SIDE * SAMPLES * size)) * 1.2);
  const share = 1 / (SAMPLES * SAMPLES);
  for (let j = 0; j < SIDE * SAMPLES; j++)
    for (let i = 0; i < SIDE * SAMPLES; i++) {
      const px = ((i + 0.5) / (SIDE * SAMPLES)) * 2 - 1 - cx;
      const py = ((j + 0.5) / (SIDE * SAMPLES)) * 2 - 1 - cy;
      const u = (c * px + s * py) * mirror * aspect;
      const v = c * py - s * px;
      const x = u + shear * v;
      if (x < -1.15 || x > 1.15 || v < -1.15 || v > 1.15) continue;
      brush.clear();
      paint(x, v, brush);
      if (brush.alpha === 0) continue;
      const light =
        share *
        (1 + lx * px + ly * py + grain * (valueNoise(grainKey, x * grainScale, v * grainScale) - 0.5));
      const at = (Math.floor(j / SAMPLES) * SIDE + Math.floor(i / SAMPLES)) * 4;
      layer[at] += brush.r * light;
      layer[at + 1] += brush.g * light;
      layer[at + 2] += brush.b * light;
      layer[at + 3] += brush.alpha * share;
    }
  const shadow = random.uniform(0, 0.55);
  const shadowX = Math.floor(random.uniform(-2, 3));
  const shadowY = Math.floor(random.uniform(0, 3));

  const pixels = new Float64Array(SIDE * SIDE * 3);
  for (let j = 0; j < SIDE; j++)
    for (let i = 0; i < SIDE; i++) {
      const ground = sampleScene(scene, i, j);
      const at = j * SIDE + i;
      const shade = 1 - shadow * shadowAt(layer, i - shadowX, j - shadowY);
      for (let k = 0; k < 3; k++)
        pixels[at * 3 + k] = ground[k] * shade * (1 - layer[at * 4 + 3]) + layer[at * 4 + k];
    }

  if (random.chance(0.35)) occlude(random, pixels);
  develop(random, pixels, out);
}

function averageColour(
  scene: (x: number, y: number) => Colour,
  cx: number,
  cy: number,
  size: number,
): Colour {
  let sum: Colour = [0, 0, 0];
  let n = 0;
  for (let j = -1; j <= 1; j++)
    for (let i = -1; i <= 1; i++) {
      const here = scene(cx + i * size * 0.7, cy + j * size * 0.7);
      sum = blend(sum, here, 1 / ++n);
    }
  return sum;
}

function sampleScene(scene: (x: number, y: number) => Colour, i: number, j: number): Colour {
  const x = ((i + 0.5) / SIDE) * 2 - 1;
  const y = ((j + 0.5) / SIDE) * 2 - 1;
  const step = 0.5 / SIDE;
  return blend(
    blend(scene(x - step, y - step), scene(x + step, y - step), 0.5),
    blend(scene(x - step, y + step), scene(x + step, y + step), 0.5),
    0.5,
  );
}

/** The object's cover averaged over 3x3 pixels: a soft shadow. */
function shadowAt(layer: Float64Array, i: number, j: number): number {
  let sum = 0;
  for (let dj = -1; dj <= 1; dj++)
    for (let di = -1; di <= 1; di++) {
      const x = i + di;
      const y = j + dj;
      if (x >= 0 && y >= 0 && x < SIDE && y < SIDE) sum += layer[(y * SIDE + x) * 4 + 3];
    }
  return sum / 9;
}

/** A twig or a post in front of the picture, out of focus, near one side. */
function occlude(random: Random, pixels: Float64Array): void {
  const angle = random.uniform(0, 6.28);
  const reach = random.uniform(0.25, 0.85);
  const nx = cos(angle);
  const ny = sin(angle);
  const tilt = random.uniform(-0.4, 0.4);
  const width = random.uniform(0.04, 0.16);
  const front: Colour = [random.uniform(0.05, 0.8), random.uniform(0.05, 0.8), random.uniform(0.05, 0.7)];
  for (let j = 0; j < SIDE; j++)
    for (let i = 0; i < SIDE; i++) {
      const x = ((i + 0.5) / SIDE) * 2 - 1;
      const y = ((j + 0.5) / SIDE) * 2 - 1;
      const d = stroke(
        x,
        y,
        nx * reach - ny * 2,
        ny * reach + nx * 2,
        nx * (reach + tilt) + ny * 2,
        ny * (reach + tilt) - nx * 2,
        width,
      );
      const cover = 0.92 * clamp(0.5 - d / 0.14, 0, 1);
      for (let k = 0; k < 3; k++) {
        const at = (j * SIDE + i) * 3 + k;
        pixels[at] += (front[k] - pixels[at]) * cover;
      }
    }
}

/** Lens blur, exposure, contrast, white balance, vignette, sensor noise; rounds to bytes. */
function develop(random: Random, pixels: Float64Array, out: Uint8Array): void {
  const blur = random.chance(0.5) ? random.uniform(0, 0.5) : 0;
  const source = blur > 0 ? blurred(pixels, blur) : pixels;
  const exposure = random.uniform(0.85, 1.35);
  const contrast = random.uniform(0.5, 1.05);
  const balance = [1 + random.normal(0.06), 1 + random.normal(0.03), 1 + random.normal(0.06)];
  const vignette = random.uniform(0, 0.16);
  const tilt = random.uniform(-0.12, 0.12);
  const noise = random.uniform(0, 0.02);
  const grey = 0.45;
  for (let j = 0; j < SIDE; j++)
    for (let i = 0; i < SIDE; i++) {
      const x = ((i + 0.5) / SIDE) * 2 - 1;
      const y = ((j + 0.5) / SIDE) * 2 - 1;
      const light = exposure * (1 - vignette * (x * x + y * y)) * (1 + tilt * x);
      for (let k = 0; k < 3; k++) {
        const at = (j * SIDE + i) * 3 + k;
        const value = grey + (source[at] * light * balance[k] - grey) * contrast + random.normal(noise);
        out[at] = Math.floor(clamp(value, 0, 1) * 255 + 0.5);
      }
    }
}

/** Mixes each pixel with the binomial average [1 2 1] x [1 2 1] around it. */
function blurred(pixels: Float64Array, amount: number): Float64Array {
  const out = new Float64Array(pixels.length);
  const inside = (n: number): number => clamp(n, 0, SIDE - 1);
  for (let j = 0; j < SIDE; j++)
    for (let i = 0; i < SIDE; i++)
      for (let k = 0; k < 3; k++) {
        let sum = 0;
        for (let dj = -1; dj <= 1; dj++)
          for (let di = -1; di <= 1; di++)
            sum +=
              (2 - Math.abs(dj)) *
              (2 - Math.abs(di)) *
              pixels[(inside(j + dj) * SIDE + inside(i + di)) * 3 + k];
        const at = (j * SIDE + i) * 3 + k;
        out[at] = pixels[at] * (1 - amount) + (sum / 16) * amount;
      }
  return out;
}
