import type { Start } from "../wasm/lowering.js";
import { type Buffer, f32 } from "../wasm/tape.js";

/** The fields by which a vjp learns how the cotangent at `target` starts. */
export function startFields(start: Start, target: Buffer) {
  const source = start.kind === "copy" ? start.source : undefined;
  return {
    init: source?.buffer ?? (start.kind === "accumulate" ? target : 0),
    initValues: source?.mask?.values ?? 0,
    initLow: f32(source?.mask?.low ?? 0),
    initHigh: f32(source?.mask?.high ?? 0),
  };
}
