import { convGeometry } from "../../conv/geometry.js";
import { convolution } from "../../conv/lower_wasm.js";
import type { Conv } from "./spec.js";

/** Of all channels: one group. */
export const whole = convolution<Conv>(convGeometry);
