import { blend, scaled } from "../colour.js";
import { polygon, stroke } from "../shapes.js";
import type { ObjectClass } from "./object.js";

export const sailingBoat: ObjectClass = {
  name: "sailing boat",
  turn: 0.35,
  make(random, palette) {
    const mast = random.uniform(-0.98, -0.8);
    const at = random.uniform(-0.12, 0.14);
    const boom = random.uniform(0.26, 0.4);
    const main = random.uniform(0.5, 0.68);
    const jib = random.chance(0.75) ? random.uniform(0.36, 0.56) : 0;
    const hull = random.uniform(0.72, 0.92);
    const depth = random.uniform(0.2, 0.3);
    const sail = random.chance(0.5)
      ? palette.light
      : blend(palette.accent, palette.light, random.uniform(0, 0.5));
    const patch = random.chance(0.4);
    return (x, y, brush) => {
      const deck = 0.46;
      brush.over(stroke(x, y, at, deck, at, mast, 0.035), palette.dark);
      const mainSail = polygon(x, y, [at - 0.03, mast + 0.04, at - 0.03, boom, at - main, boom]) - 0.03;
      brush.over(Math.max(mainSail, x - at + 0.035), sail);
      if (patch) brush.on(Math.max(mainSail, Math.abs(y - 0.08) - 0.09), palette.main, 0.9);
      if (jib > 0) {
        const jibSail =
          polygon(x, y, [at + 0.04, mast + 0.16, at + jib, boom + 0.02, at + 0.04, boom]) - 0.02;
        brush.over(Math.max(jibSail, at + 0.04 - x), scaled(sail, 0.85));
      }
      const body =
        polygon(x, y, [-hull, deck, hull, deck, hull - 0.26, deck + depth, -hull + 0.16, deck + depth]) -
        0.03;
      brush.over(body, palette.main);
      brush.on(Math.max(body, deck + 0.08 - y, y - deck - 0.14), palette.accent, 0.8);
      brush.on(Math.max(body, deck + depth * 0.7 - y), palette.dark, 0.5);
    };
  },
};
