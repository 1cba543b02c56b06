import { mapped } from "../../pixel_map/lower_webgpu.js";
import { globalAveragePoolMap } from "./map.js";
import type { GlobalAveragePool } from "./spec.js";

export const lowering = mapped<GlobalAveragePool>(globalAveragePoolMap);
