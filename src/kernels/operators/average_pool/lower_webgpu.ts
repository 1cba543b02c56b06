import { mapped } from "../../pixel_map/lower_webgpu.js";
import { averagePoolMap } from "./map.js";
import type { AveragePool } from "./spec.js";

export const lowering = mapped<AveragePool>(averagePoolMap);
