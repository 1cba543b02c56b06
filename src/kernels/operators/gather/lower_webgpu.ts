import { mapped } from "../../pixel_map/lower_webgpu.js";
import { channelsOf, gatherMap } from "./map.js";
import type { Gather } from "./spec.js";

export const lowering = mapped<Gather>(gatherMap, channelsOf);
