import { blend, scaled } from "../colour.js";
import { circle, ellipse, joined, polygon, stroke } from "../shapes.js";
import type { ObjectClass } from "./object.js";

export const fish: ObjectClass = {
  name: "fish",
  turn: 0.6,
  make(random, palette) {
    const depth = random.uniform(0.34, 0.5);
    const tail = random.uniform(0.36, 0.54);
    const notch = random.uniform(0.06, 0.2);
    const bands = random.integer(4);
    const belly = blend(palette.main, palette.light, random.uniform(0.3, 0.8));
    const fin = random.uniform(0.16, 0.32);
    const finAt = random.uniform(-0.2, 0.05);
    return (x, y, brush) => {
      const body = joined(
        ellipse(x, y, 0.2, 0, 0.68, depth),
        ellipse(x, y, -0.4, 0, 0.3, depth * 0.35),
        0.25,
      );
      const tailFin = Math.max(
        polygon(x, Math.abs(y), [-0.98, tail, -0.98, -0.1, -0.42, -0.1, -0.42, 0.06, -0.86, tail + 0.04]) -
          0.03,
        -circle(x, y, -1.12, 0, notch + 0.14),
      );
      brush.over(tailFin, palette.accent);
      brush.over(
        polygon(x, y, [
          finAt - 0.1,
          -depth - fin,
          finAt + 0.2,
          -depth - fin * 0.4,
          finAt + 0.4,
          -0.2,
          finAt - 0.25,
          -0.2,
        ]) - 0.03,
        palette.accent,
      );
      brush.over(
        polygon(x, y, [finAt + 0.3, 0.2, finAt - 0.1, depth + fin * 0.6, finAt - 0.2, 0.2]) - 0.03,
        palette.accent,
      );
      brush.over(body, palette.main);
      brush.on(Math.max(ellipse(x, y, 0.2, depth * 0.75, 0.7, depth * 0.65), body), belly, 0.85);
      for (let band = 0; band < bands; band++)
        brush.on(Math.max(Math.abs(x - 0.3 + 0.27 * band + 0.25 * y * y) - 0.055, body), palette.accent, 0.9);
      brush.on(Math.max(Math.abs(circle(x, y, 0.95, 0, 0.48)) - 0.025, body), scaled(palette.main, 0.6));
      brush.on(ellipse(x, y, 0.08, 0.1, 0.17, 0.08, 0.9, -0.43), scaled(palette.accent, 0.85), 0.8);
      brush.over(circle(x, y, 0.58, -0.1, 0.115), palette.light);
      brush.over(circle(x, y, 0.6, -0.1, 0.065), scaled(palette.dark, 0.5));
      brush.on(Math.max(stroke(x, y, 0.7, 0.13, 0.9, 0.07, 0.025), body), palette.dark, 0.8);
    };
  },
};
