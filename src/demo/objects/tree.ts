import { blend, hsv, scaled } from "../colour.js";
import { circle, joined, polygon, stroke } from "../shapes.js";
import type { ObjectClass } from "./object.js";

export const tree: ObjectClass = {
  name: "tree",
  turn: 0.3,
  make(random, palette) {
    const bark = blend(palette.dark, hsv(random.uniform(0.04, 0.12), 0.5, 0.45), random.uniform(0.3, 1));
    const trunk = random.uniform(0.09, 0.15);
    if (random.chance(0.35)) {
      const tiers = 3 + random.integer(2);
      const half = random.uniform(0.5, 0.72);
      return (x, y, brush) => {
        brush.over(stroke(x, y, 0, 0.2, 0, 0.92, trunk), bark);
        for (let tier = tiers - 1; tier >= 0; tier--) {
          const top = -0.98 + (1.1 / tiers) * tier * 0.95;
          const bottom = top + 0.5 + 0.16 * (tier / tiers);
          const w = half * (0.5 + (0.5 * tier) / (tiers - 1));
          const d = polygon(x, y, [0, top, w, bottom, -w, bottom]) - 0.03;
          brush.over(d, scaled(palette.main, 0.85 + 0.1 * (tiers - tier)));
          brush.on(Math.max(d, bottom - 0.08 - y), scaled(palette.main, 0.6), 0.6);
        }
      };
    }
    const blobs = Array.from({ length: 7 }, (_, i) => ({
      x: [0, -0.38, 0.38, -0.2, 0.22, -0.5, 0.48][i] + random.uniform(-0.1, 0.1),
      y: [-0.6, -0.42, -0.42, -0.12, -0.14, -0.12, -0.1][i] + random.uniform(-0.09, 0.09),
      radius: random.uniform(0.24, 0.36),
    }));
    const fruit = random.chance(0.3);
    const fork = random.uniform(0.2, 0.36);
    return (x, y, brush) => {
      brush.over(stroke(x, y, 0, 0.1, 0, 0.92, trunk * 0.8, trunk * 1.25), bark);
      brush.over(stroke(x, y, 0, 0.4, fork, -0.05, trunk * 0.5), bark);
      brush.over(stroke(x, y, 0, 0.3, -fork, -0.1, trunk * 0.5), bark);
      let crown = 1e9;
      for (const b of blobs) crown = joined(crown, circle(x, y, b.x, b.y, b.radius), 0.08);
      brush.over(crown, scaled(palette.main, 0.8));
      for (const b of blobs)
        brush.on(circle(x, y, b.x - 0.05, b.y - 0.08, b.radius * 0.62), scaled(palette.main, 1.12), 0.6);
      if (fruit) for (const b of blobs) brush.on(circle(x, y, b.x + 0.06, b.y + 0.08, 0.06), palette.accent);
    };
  },
};
