import { cos, sin } from "../exact_maths.js";
import { circle, ellipse, stroke } from "../shapes.js";
import type { ObjectClass } from "./object.js";

export const butterfly: ObjectClass = {
  name: "butterfly",
  turn: 1.2,
  make(random, palette) {
    const fold = random.uniform(0.72, 1); // wings half closed .. open
    const upper = random.uniform(0.42, 0.58);
    const c = cos(upper);
    const s = sin(upper);
    const lower = random.uniform(0.5, 0.8);
    const lc = cos(lower);
    const ls = sin(lower);
    const upperLength = random.uniform(0.48, 0.56);
    const upperWidth = random.uniform(0.33, 0.42);
    const lowerWidth = random.uniform(0.28, 0.36);
    const spot = random.uniform(0.09, 0.17);
    const rim = random.uniform(0.04, 0.11);
    return (x, y, brush) => {
      const wx = Math.abs(x) / fold;
      const hind = ellipse(wx, y, 0.36, 0.36, 0.44, lowerWidth, lc, ls);
      const fore = ellipse(wx, y, 0.47, -0.3, upperLength, upperWidth, c, -s);
      brush.over(hind, palette.dark);
      brush.over(hind + rim, palette.accent);
      brush.on(circle(wx, y, 0.48, 0.46, spot), palette.light, 0.8);
      brush.over(fore, palette.dark);
      brush.over(fore + rim, palette.main);
      brush.on(circle(wx, y, 0.66, -0.42, spot), palette.light, 0.9);
      brush.on(circle(wx, y, 0.4, -0.24, spot * 0.8), palette.accent, 0.9);
      brush.over(stroke(x, y, 0, -0.42, 0, 0.5, 0.085, 0.05), palette.dark);
      brush.over(circle(x, y, 0, -0.48, 0.1), palette.dark);
      brush.over(stroke(Math.abs(x), y, 0.02, -0.5, 0.24, -0.86, 0.03, 0.035), palette.dark);
    };
  },
};
