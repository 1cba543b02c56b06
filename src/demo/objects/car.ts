import { blend, type Colour, scaled } from "../colour.js";
import { box, circle, joined, polygon } from "../shapes.js";
import type { ObjectClass } from "./object.js";

export const car: ObjectClass = {
  name: "car",
  turn: 0.25,
  make(random, palette) {
    const roof = random.uniform(-0.46, -0.32);
    const rear = random.uniform(-0.72, -0.38); // where the roof ends: estate .. saloon
    const front = random.uniform(0.14, 0.34);
    const wheel = random.uniform(0.2, 0.26);
    const axle = random.uniform(0.5, 0.6);
    const bonnet = random.uniform(-0.06, 0.02);
    const glass: Colour = blend(palette.light, [0.55, 0.75, 0.9], random.uniform(0.3, 0.9));
    const stripe = random.chance(0.4);
    const pillar = random.uniform(-0.16, 0.02);
    const tyre = scaled(palette.dark, 0.7);
    return (x, y, brush) => {
      const cabin = polygon(x, y, [rear, roof, front, roof, front + 0.28, 0.06, rear - 0.18, 0.06]) - 0.05;
      const body = box(x, y, 0, 0.17, 0.95, 0.23 - bonnet, 0.14);
      brush.over(joined(cabin, body, 0.1), palette.main);
      const glazing = cabin + 0.11;
      const frame = Math.abs(x - pillar) - 0.045;
      brush.on(Math.max(glazing, y + 0.03, -frame), glass);
      brush.on(Math.max(body + 0.02, 0.26 - y), scaled(palette.main, 0.72), 0.8);
      if (stripe) brush.on(Math.max(body, Math.abs(y - 0.14) - 0.045), palette.accent);
      brush.on(box(x, y, 0.87, 0.1, 0.08, 0.06, 0.04), palette.light);
      brush.on(box(x, y, -0.9, 0.1, 0.06, 0.06, 0.03), palette.accent);
      for (const cx of [-axle, axle]) {
        brush.over(circle(x, y, cx, 0.4, wheel), tyre);
        brush.over(circle(x, y, cx, 0.4, wheel * 0.5), palette.light, 0.85);
        brush.over(circle(x, y, cx, 0.4, wheel * 0.16), tyre);
      }
    };
  },
};
