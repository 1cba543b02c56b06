import { strided } from "../../copy_strided/lowering_wasm.js";
import { copyOf } from "./source.js";
import type { Slice } from "./spec.js";

export const lowering = strided<Slice>(copyOf);
