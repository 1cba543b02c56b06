import { blend, scaled } from "../colour.js";
import { circle, ellipse, joined, polygon, stroke } from "../shapes.js";
import type { ObjectClass } from "./object.js";

export const cat: ObjectClass = {
  name: "cat",
  turn: 0.45,
  make(random, palette) {
    const width = random.uniform(0.66, 0.78);
    const height = random.uniform(0.54, 0.64);
    const earTip = random.uniform(-0.98, -0.82);
    const earOut = random.uniform(0.58, 0.7);
    const eye = random.uniform(0.12, 0.17);
    const slit = random.uniform(0.3, 0.8);
    const gaze = random.uniform(-0.04, 0.04);
    const pattern = random.integer(3); // plain, tabby, mask
    const muzzle = blend(palette.main, palette.light, random.uniform(0.5, 0.95));
    return (x, y, brush) => {
      const ax = Math.abs(x);
      const ear = polygon(ax, y, [earOut, earTip, earOut + 0.08, -0.05, 0.14, -0.32]);
      const head = joined(ellipse(x, y, 0, 0.12, width, height), ellipse(ax, y, 0.4, 0.3, 0.32, 0.28), 0.15);
      brush.over(ear - 0.03, palette.main);
      brush.on(ear + 0.1, blend(palette.accent, palette.light, 0.4), 0.85);
      brush.over(head, palette.main);
      if (pattern === 1) {
        brush.on(stroke(ax, y, 0.16, -0.42, 0.12, -0.18, 0.045), palette.dark, 0.8);
        brush.on(stroke(x, y, 0, -0.45, 0, -0.14, 0.045), palette.dark, 0.8);
        brush.on(Math.max(stroke(ax, y, 0.74, 0.1, 0.5, 0.16, 0.04), head), palette.dark, 0.7);
      } else if (pattern === 2) {
        brush.on(Math.max(ellipse(x, y, 0.3, -0.1, 0.34, 0.4), head), palette.accent, 0.85);
      }
      brush.on(ellipse(ax, y, 0.14, 0.38, 0.19, 0.16), muzzle);
      brush.over(ellipse(ax, y, 0.3, 0.02, eye * 1.1, eye), blend(palette.light, palette.accent, 0.35));
      brush.over(ellipse(ax, y, 0.3 + gaze, 0.02, eye * slit, eye * 0.9), scaled(palette.dark, 0.5));
      brush.over(polygon(x, y, [-0.1, 0.23, 0.1, 0.23, 0, 0.33]) - 0.02, scaled(palette.dark, 0.9));
      brush.over(stroke(ax, y, 0, 0.34, 0.12, 0.46, 0.025), palette.dark, 0.8);
      brush.over(stroke(ax, y, 0.34, 0.34, 0.92, 0.26, 0.02), palette.light, 0.7);
      brush.over(stroke(ax, y, 0.34, 0.42, 0.9, 0.5, 0.02), palette.light, 0.7);
      brush.on(circle(ax, y, 0.34, -0.03, 0.035), palette.light);
    };
  },
};
