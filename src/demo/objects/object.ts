import type { Brush } from "../brush.js";
import type { Palette } from "../colour.js";
import type { Random } from "../random.js";

/** Paints the object at one point of its own frame: about [-1, 1] each way, x right, y down. */
export type Painter = (x: number, y: number, brush: Brush) => void;

export interface ObjectClass {
  readonly name: string;
  /** Largest turn either way, in radians. */
  readonly turn: number;
  /** Draws one individual: its proportions and colours come from `random` and `palette`. */
  make(random: Random, palette: Palette): Painter;
}
