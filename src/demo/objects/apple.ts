import { blend, hsv, scaled } from "../colour.js";
import { circle, ellipse, joined, stroke } from "../shapes.js";
import type { ObjectClass } from "./object.js";

export const apple: ObjectClass = {
  name: "apple",
  turn: 0.6,
  make(random, palette) {
    const radius = random.uniform(0.5, 0.58);
    const apart = random.uniform(0.22, 0.32);
    const foot = random.uniform(0.3, 0.4);
    const lean = random.uniform(-0.16, 0.16);
    const hasLeaf = random.chance(0.75);
    const side = random.chance(0.5) ? 1 : -1;
    const leaf = random.chance(0.7)
      ? hsv(random.uniform(0.2, 0.4), 0.7, random.uniform(0.4, 0.75))
      : palette.accent;
    const stem = blend(palette.dark, [0.35, 0.22, 0.1], 0.6);
    const blush = random.uniform(0, 0.7);
    return (x, y, brush) => {
      const lobes = joined(circle(x, y, -apart, 0.12, radius), circle(x, y, apart, 0.12, radius), 0.18);
      const body = joined(lobes, ellipse(x, y, 0, 0.42, foot + 0.12, foot), 0.2);
      const dimple = circle(x, y, 0, -0.62, 0.24);
      brush.over(Math.max(body, -dimple), palette.main);
      brush.on(ellipse(x, y, -0.35 * side, 0.3, 0.3, 0.4), palette.accent, 0.5 * blush);
      brush.on(body + 0.09, scaled(palette.main, 1.12), 0.5);
      brush.on(ellipse(x, y, -apart - 0.1, -0.12, 0.13, 0.18, 0.8, 0.6), palette.light, 0.65);
      brush.on(ellipse(x, y, 0, -0.36, 0.2, 0.08), palette.dark, 0.5);
      brush.over(stroke(x, y, 0, -0.34, lean, -0.86, 0.05, 0.075), stem);
      if (hasLeaf) {
        const lx = x * side - 0.33;
        const ly = y + 0.72;
        const d = Math.max(circle(lx, ly, 0.05, 0.24, 0.38), circle(lx, ly, -0.05, -0.24, 0.38));
        brush.over(d, leaf);
        brush.on(Math.max(stroke(lx, ly, -0.28, 0.02, 0.28, -0.02, 0.025), d), scaled(leaf, 0.6), 0.7);
      }
    };
  },
};
