import { mapped } from "../../pixel_map/lower_wasm.js";
import { padMap } from "./map.js";
import type { Pad } from "./spec.js";

export const lowering = mapped<Pad>(padMap);
