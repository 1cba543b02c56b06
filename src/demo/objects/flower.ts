import { blend, hsv, scaled } from "../colour.js";
import { cos, length, sin } from "../exact_maths.js";
import { circle, ellipse, stroke } from "../shapes.js";
import type { ObjectClass } from "./object.js";

export const flower: ObjectClass = {
  name: "flower",
  turn: 0.5,
  make(random, palette) {
    const petals = 5 + random.integer(5);
    const hasStem = random.chance(0.6);
    const cy = hasStem ? -0.26 : 0;
    const reach = hasStem ? random.uniform(0.62, 0.7) : random.uniform(0.78, 0.92);
    const width = (random.uniform(1.15, 1.5) * 3.14 * reach * 0.56) / petals;
    const heart = random.uniform(0.18, 0.27) * (reach / 0.7);
    const first = random.uniform(0, 6.28);
    const stem = hsv(random.uniform(0.2, 0.42), random.uniform(0.4, 0.8), random.uniform(0.3, 0.65));
    const bend = random.uniform(-0.2, 0.2);
    const tip = blend(palette.main, palette.light, random.uniform(0, 0.5));
    const directions = Array.from({ length: petals }, (_, i) => {
      const angle = first + (6.283185307179586 * i) / petals;
      return { c: cos(angle), s: sin(angle), light: 0.86 + 0.14 * (i % 2) };
    });
    return (x, y, brush) => {
      if (hasStem) {
        brush.over(stroke(x, y, 0, cy, bend, 0.98, 0.05, 0.065), stem);
        brush.over(ellipse(x, y, bend + 0.24, 0.62, 0.26, 0.1, 0.83, -0.56), scaled(stem, 1.15));
        brush.over(ellipse(x, y, bend - 0.22, 0.74, 0.24, 0.09, 0.83, 0.56), scaled(stem, 0.85));
      }
      const fromHeart = length(x, y - cy);
      if (fromHeart < reach + 0.3)
        for (const { c, s, light } of directions) {
          const d = ellipse(x, y, c * reach * 0.58, cy + s * reach * 0.58, reach * 0.44, width / 2, c, s);
          brush.over(d - 0.02, scaled(palette.main, 0.7), 0.6);
          brush.over(d, blend(palette.main, tip, fromHeart / reach), 1, light);
        }
      brush.over(circle(x, y, 0, cy, heart), palette.accent);
      brush.on(circle(x, y, 0, cy, heart * 0.55), scaled(palette.accent, 0.75), 0.8);
    };
  },
};
