import { mapped } from "../../pixel_map/lower_webgpu.js";
import { padMap } from "./map.js";
import type { Pad } from "./spec.js";

export const lowering = mapped<Pad>(padMap);
