import { blend, scaled } from "../colour.js";
import { box, polygon } from "../shapes.js";
import type { ObjectClass } from "./object.js";

export const house: ObjectClass = {
  name: "house",
  turn: 0.22,
  make(random, palette) {
    const half = random.uniform(0.52, 0.72);
    const eaves = random.uniform(-0.16, 0.06);
    const ridge = random.uniform(-0.9, -0.68);
    const flat = random.chance(0.35) ? random.uniform(0.15, 0.4) : 0.02; // hipped or gabled
    const door = random.uniform(-0.28, 0.28);
    const doorTop = random.uniform(0.22, 0.34);
    const windows = random.integer(3);
    const chimney = random.chance(0.7);
    const chimneyAt = random.uniform(0.22, 0.42) * (random.chance(0.5) ? 1 : -1);
    const glass = random.chance(0.5)
      ? blend(palette.light, [1, 0.85, 0.4], 0.6)
      : blend(palette.dark, [0.5, 0.7, 0.9], 0.6);
    const leaf = scaled(palette.dark, 1.2);
    return (x, y, brush) => {
      if (chimney)
        brush.over(box(x, y, chimneyAt, (ridge + eaves) / 2 - 0.12, 0.09, 0.3), scaled(palette.main, 0.75));
      brush.over(box(x, y, 0, (eaves + 0.86) / 2, half, (0.86 - eaves) / 2), palette.main);
      brush.on(Math.max(x - half, -(x - half * 0.5), eaves + 0.1 - y), scaled(palette.main, 0.88), 0.5);
      const roof = polygon(x, y, [
        -flat,
        ridge,
        flat,
        ridge,
        half + 0.2,
        eaves + 0.06,
        -half - 0.2,
        eaves + 0.06,
      ]);
      brush.on(Math.max(Math.abs(y - eaves - 0.1) - 0.05, roof - 0.1), palette.dark, 0.45);
      brush.over(roof, palette.accent);
      brush.on(Math.max(roof, eaves - 0.04 - y), scaled(palette.accent, 0.7));
      brush.over(box(x, y, door, (doorTop + 0.86) / 2, 0.13, (0.86 - doorTop) / 2), leaf);
      const wy = eaves + 0.34;
      for (const wx of windows === 0 ? [door > 0 ? -0.3 : 0.3] : [-half + 0.22, half - 0.22]) {
        if (Math.abs(wx - door) < 0.26) continue;
        brush.over(box(x, y, wx, wy, 0.15, 0.15), palette.light);
        const pane = box(x, y, wx, wy, 0.11, 0.11);
        brush.over(Math.max(pane, 0.025 - Math.abs(x - wx), 0.025 - Math.abs(y - wy)), glass);
      }
      if (windows === 2) {
        brush.on(box(x, y, 0, (ridge + eaves) / 2 + 0.1, 0.11, 0.11, 0.1), palette.light);
        brush.on(box(x, y, 0, (ridge + eaves) / 2 + 0.1, 0.07, 0.07, 0.06), glass);
      }
    };
  },
};
