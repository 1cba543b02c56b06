/** Backgrounds. They are drawn without looking at the class, so they say nothing about it. */
import { blend, type Colour, hsv, scaled } from "./colour.js";
import { clamp, cos, sin, smoothstep } from "./exact_maths.js";
import { fractalNoise, valueNoise } from "./noise.js";
import type { Random } from "./random.js";
import { circle, ellipse, stroke } from "./shapes.js";

/** Colour of the background at a point of the picture, [-1, 1] each way, x right, y down. */
export type Scene = (x: number, y: number) => Colour;

/** Draws one background. */
export function drawScene(random: Random): Scene {
  const make = random.pick([studio, landscape, landscape, seaside, wallpaper, bokeh, marble, bricks, meadow]);
  const scene = make(random);
  return random.chance(0.75) ? withClutter(random, scene) : scene;
}

function colour(random: Random): Colour {
  return hsv(random.uniform(), random.uniform(0.05, 0.7), random.uniform(0.25, 0.95));
}

/** A tone near `base`: another shade of the same thing. */
function neighbour(random: Random, base: Colour): Colour {
  return blend(scaled(base, random.uniform(0.6, 1.3)), colour(random), random.uniform(0, 0.3));
}

function skyColours(random: Random): readonly [Colour, Colour] {
  const hour = random.integer(4); // day, sunset, night, overcast
  if (hour === 0)
    return [
      hsv(random.uniform(0.52, 0.64), random.uniform(0.4, 0.75), random.uniform(0.6, 0.95)),
      hsv(0.55, 0.12, 0.97),
    ];
  if (hour === 1)
    return [
      hsv(random.uniform(0.6, 0.85), 0.5, random.uniform(0.35, 0.7)),
      hsv(random.uniform(0.0, 0.12), 0.7, 0.95),
    ];
  if (hour === 2)
    return [hsv(random.uniform(0.6, 0.72), 0.6, 0.12), hsv(random.uniform(0.58, 0.75), 0.5, 0.38)];
  return [hsv(random.uniform(), 0.08, random.uniform(0.45, 0.7)), hsv(random.uniform(), 0.06, 0.88)];
}

function studio(random: Random): Scene {
  const a = colour(random);
  const b = neighbour(random, a);
  const angle = random.uniform(0, 6.28);
  const c = cos(angle);
  const s = sin(angle);
  const spot = random.uniform(0, 0.35);
  const sx = random.uniform(-0.8, 0.8);
  const sy = random.uniform(-0.8, 0.8);
  return (x, y) => {
    const glow = 1 + spot * (0.6 - (x - sx) * (x - sx) - (y - sy) * (y - sy));
    return scaled(blend(a, b, clamp(0.5 + 0.5 * (c * x + s * y), 0, 1)), clamp(glow, 0.4, 1.5));
  };
}

function landscape(random: Random): Scene {
  const [top, low] = skyColours(random);
  const ground = random.chance(0.6)
    ? hsv(random.uniform(0.18, 0.42), random.uniform(0.3, 0.75), random.uniform(0.25, 0.7))
    : hsv(random.uniform(0.05, 0.14), random.uniform(0.15, 0.6), random.uniform(0.35, 0.85));
  const hill = neighbour(random, blend(ground, low, random.uniform(0.2, 0.6)));
  const horizon = random.uniform(-0.1, 0.6);
  const steep = random.uniform(0.1, 0.7);
  const clouds = random.chance(0.6) ? random.uniform(0.3, 1) : 0;
  const key = random.key();
  const grain = random.uniform(3, 9);
  return (x, y) => {
    const ridge = horizon + steep * (valueNoise(key, x * 1.6 + 5, 0.5) - 0.75);
    let c = blend(top, low, clamp((y + 1) / (horizon + 1.001), 0, 1));
    if (clouds > 0) {
      const cover = smoothstep(0.52, 0.75, fractalNoise(key + 9, x * 1.5, y * 3.2, 3));
      c = blend(c, blend(low, [1, 1, 1], 0.6), cover * clouds);
    }
    c = blend(c, hill, smoothstep(-0.03, 0.03, y - ridge));
    const near = scaled(ground, 0.75 + 0.5 * fractalNoise(key + 17, x * grain, y * grain * 1.6, 2));
    return blend(c, near, smoothstep(-0.03, 0.03, y - horizon));
  };
}

function seaside(random: Random): Scene {
  const [top, low] = skyColours(random);
  const water = blend(
    hsv(random.uniform(0.45, 0.64), random.uniform(0.3, 0.8), random.uniform(0.3, 0.75)),
    top,
    0.25,
  );
  const horizon = random.uniform(-0.4, 0.5);
  const key = random.key();
  const sun = random.chance(0.4);
  const sx = random.uniform(-0.8, 0.8);
  const sy = random.uniform(-0.9, horizon);
  return (x, y) => {
    let c = blend(top, low, clamp((y + 1) / (horizon + 1.001), 0, 1));
    if (sun) c = blend(c, [1, 0.95, 0.8], clamp(0.5 - circle(x, y, sx, sy, 0.16) / 0.08, 0, 1));
    const wave = fractalNoise(key, x * 3, (y - horizon) * 11, 2);
    const sea = scaled(blend(water, low, 0.35 * smoothstep(0.5, 0.8, wave)), 0.8 + 0.35 * wave);
    return blend(c, sea, smoothstep(-0.03, 0.03, y - horizon));
  };
}

function wallpaper(random: Random): Scene {
  const a = colour(random);
  const b = neighbour(random, a);
  const angle = random.uniform(0, 3.14);
  const c = cos(angle);
  const s = sin(angle);
  const frequency = random.uniform(1.2, 3.4);
  const kind = random.integer(3); // stripes, checks, dots
  const shade = random.uniform(-0.2, 0.2);
  return (x, y) => {
    const u = (c * x + s * y) * frequency;
    const v = (c * y - s * x) * frequency;
    const fu = Math.abs(u - Math.floor(u + 0.5)) * 2;
    const fv = Math.abs(v - Math.floor(v + 0.5)) * 2;
    let t = smoothstep(0.4, 0.6, fu);
    if (kind === 1) t = 0.5 * (t + smoothstep(0.4, 0.6, fv));
    else if (kind === 2) t = smoothstep(0.2, 0.36, fu * fu + fv * fv);
    return scaled(blend(a, b, t), 1 + shade * (x + y));
  };
}

function bokeh(random: Random): Scene {
  const base = scaled(colour(random), random.uniform(0.4, 0.9));
  const far = neighbour(random, base);
  const lights = Array.from({ length: 5 + random.integer(7) }, () => ({
    x: random.uniform(-1.1, 1.1),
    y: random.uniform(-1.1, 1.1),
    radius: random.uniform(0.12, 0.42),
    colour: colour(random),
    opacity: random.uniform(0.2, 0.65),
  }));
  return (x, y) => {
    let c = blend(base, far, clamp(0.5 + 0.5 * y, 0, 1));
    for (const l of lights)
      c = blend(c, l.colour, l.opacity * clamp(0.5 - circle(x, y, l.x, l.y, l.radius) / 0.14, 0, 1));
    return c;
  };
}

function marble(random: Random): Scene {
  const a = colour(random);
  const b = neighbour(random, a);
  const key = random.key();
  const scale = random.uniform(1.2, 5);
  const sharp = random.uniform(0.05, 0.3);
  const stretch = random.uniform(0.5, 2);
  return (x, y) => {
    const n = fractalNoise(key, x * scale, y * scale * stretch, 3);
    return blend(a, b, smoothstep(0.5 - sharp, 0.5 + sharp, n));
  };
}

function bricks(random: Random): Scene {
  const a = colour(random);
  const mortar = neighbour(random, scaled(a, random.chance(0.5) ? 1.3 : 0.7));
  const key = random.key();
  const rows = random.uniform(2, 4.5);
  const aspect = random.uniform(1.2, 3);
  const broken = random.chance(0.6) ? 0.5 : 0; // brick wall or planks and tiles
  return (x, y) => {
    const v = y * rows + 20;
    const row = Math.floor(v);
    const u = (x * rows) / aspect + 20 + broken * (row % 2);
    const edge = Math.min(
      v - row,
      row + 1 - v,
      (u - Math.floor(u)) * aspect,
      (Math.floor(u) + 1 - u) * aspect,
    );
    const tone =
      0.75 +
      0.5 * valueNoise(key, Math.floor(u) * 7.5, row * 7.5) +
      0.2 * (valueNoise(key + 3, x * 9, y * 9) - 0.5);
    return blend(mortar, scaled(a, tone), smoothstep(0.03, 0.14, edge));
  };
}

function meadow(random: Random): Scene {
  const base = random.chance(0.6)
    ? hsv(random.uniform(0.2, 0.42), random.uniform(0.35, 0.8), random.uniform(0.25, 0.65))
    : colour(random);
  const blades = Array.from({ length: 26 }, () => {
    const x = random.uniform(-1.2, 1.2);
    const y = random.uniform(-0.9, 1.2);
    return {
      ax: x,
      ay: y,
      bx: x + random.normal(0.2),
      by: y - random.uniform(0.3, 0.8),
      width: random.uniform(0.03, 0.08),
      colour: neighbour(random, base),
    };
  }).sort((p, q) => p.ay - q.ay);
  const key = random.key();
  return (x, y) => {
    let c: Colour = scaled(base, 0.6 + 0.6 * valueNoise(key, x * 2.5, y * 2.5));
    for (const b of blades)
      c = blend(
        c,
        b.colour,
        0.85 * clamp(0.5 - stroke(x, y, b.ax, b.ay, b.bx, b.by, b.width, 0.01) / 0.05, 0, 1),
      );
    return c;
  };
}

/** Pebbles, twigs and leaves scattered over a background. */
function withClutter(random: Random, scene: Scene): Scene {
  const things = Array.from({ length: 1 + random.integer(5) }, () => {
    const angle = random.uniform(0, 6.28);
    return {
      kind: random.integer(3),
      x: random.uniform(-1.05, 1.05),
      y: random.uniform(-1.05, 1.05),
      size: random.uniform(0.08, 0.3),
      slim: random.uniform(0.25, 0.9),
      c: cos(angle),
      s: sin(angle),
      colour: colour(random),
      opacity: random.uniform(0.4, 0.9),
    };
  });
  return (x, y) => {
    let c = scene(x, y);
    for (const t of things) {
      const d =
        t.kind === 0
          ? ellipse(x, y, t.x, t.y, t.size, t.size * t.slim, t.c, t.s)
          : t.kind === 1
            ? stroke(
                x,
                y,
                t.x - t.c * t.size * 2,
                t.y - t.s * t.size * 2,
                t.x + t.c * t.size * 2,
                t.y + t.s * t.size * 2,
                0.05 * t.slim + 0.015,
              )
            : Math.max(
                Math.abs((x - t.x) * t.c + (y - t.y) * t.s) - t.size,
                Math.abs((y - t.y) * t.c - (x - t.x) * t.s) - t.size * t.slim,
              );
      c = blend(c, t.colour, t.opacity * clamp(0.5 - d / 0.06, 0, 1));
    }
    return c;
  };
}
