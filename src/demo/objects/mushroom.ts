import { blend, scaled } from "../colour.js";
import { circle, ellipse, joined, stroke } from "../shapes.js";
import type { ObjectClass } from "./object.js";

export const mushroom: ObjectClass = {
  name: "mushroom",
  turn: 0.4,
  make(random, palette) {
    const width = random.uniform(0.66, 0.9);
    const height = random.uniform(0.56, 0.84);
    const rim = random.uniform(-0.08, 0.12);
    const stalk = random.uniform(0.15, 0.24);
    const lean = random.uniform(-0.14, 0.14);
    const spotted = random.chance(0.65);
    const ring = random.chance(0.4);
    const flesh = blend(palette.light, palette.accent, random.uniform(0, 0.5));
    const spots = Array.from({ length: 6 }, (_, i) => ({
      x: (-0.62 + 0.25 * i + random.uniform(-0.07, 0.07)) * width,
      y: rim - height * (i % 2 ? random.uniform(0.5, 0.72) : random.uniform(0.2, 0.38)),
      radius: random.uniform(0.07, 0.13),
    }));
    return (x, y, brush) => {
      const foot = ellipse(x, y, lean, 0.84, stalk * 1.35, 0.14);
      brush.over(joined(stroke(x, y, 0, rim, lean, 0.82, stalk * 0.8, stalk), foot, 0.1), flesh);
      brush.on(x - lean * 0.5 + stalk * 0.2, scaled(flesh, 0.8), 0.35);
      if (ring) brush.over(ellipse(x, y, lean * 0.4, rim + 0.3, stalk * 1.5, 0.07), scaled(flesh, 0.9));
      const under = ellipse(x, y, 0, rim, width * 0.93, 0.17);
      brush.over(under, scaled(flesh, 0.72));
      brush.on(
        Math.max(under + 0.02, Math.abs(x - Math.floor(x * 7 + 0.5) / 7) - 0.02),
        scaled(flesh, 0.5),
        0.5,
      );
      const cap = Math.max(
        ellipse(x, y, 0, rim, width, height),
        y - rim - 0.06 + 0.1 * (x / width) * (x / width),
      );
      brush.over(cap, palette.main);
      brush.on(Math.max(cap, rim - 0.1 - y), scaled(palette.main, 0.8), 0.5);
      if (spotted)
        for (const s of spots) brush.on(Math.max(circle(x, y, s.x, s.y, s.radius), cap), palette.light, 0.95);
    };
  },
};
