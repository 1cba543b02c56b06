import { strided } from "../../copy_strided/lowering_wasm.js";
import { copyOf } from "./source.js";
import type { Transpose } from "./spec.js";

export const lowering = strided<Transpose>(copyOf);
