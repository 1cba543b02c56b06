import { mapped } from "../../pixel_map/lower_webgpu.js";
import { resizeMap } from "./map.js";
import type { Resize } from "./spec.js";

export const lowering = mapped<Resize>(resizeMap);
