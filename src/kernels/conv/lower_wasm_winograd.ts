import { type Step, UNCLAMPED } from "../node.js";
import type { ForwardContext } from "../wasm/lowering.js";
import { Buffer, entry, f32 } from "../wasm/tape.js";
import type { Tuning } from "../wasm/tuning.js";
import type { Geometry } from "./geometry.js";
import { FILTERS, PATCHES, POSITIONS, packWinograd } from "./winograd.js";
import { winogradWork } from "./work.js";

/** Whether a layer goes by Winograd's F(2x2, 3x3): 3x3, dense, and wide enough that it is faster. */
export function suitsWinograd(g: Geometry, { winogradChannels, winogradOutputs }: Tuning): boolean {
  const ones = [...g.strides, ...g.dilations, g.groups].every((n) => n === 1);
  return (
    g.kernel.every((n) => n === 3) &&
    ones &&
    g.depth >= winogradChannels &&
    g.depth % 4 === 0 &&
    g.filters % FILTERS === 0 &&
    g.outHeight * g.outWidth >= winogradOutputs
  );
}

/** Transforms a strip of patches, then multiplies, strip by strip. */
export function winogradForward(
  step: Step,
  g: Geometry,
  { tuning, memory, emit, value, zeros, scratch }: ForwardContext,
): void {
  const patchesX = Math.ceil(g.outWidth / 2);
  const all = patchesX * Math.ceil(g.outHeight / 2);
  const strip = stripPatches(g, all, tuning);
  const weights = memory.place({
    length: POSITIONS * g.depth * g.filters,
    write: (packed) => packWinograd(g.weights, g.depth, g.filters, packed),
  });
  const bias = memory.place(g.bias ?? new Float32Array(g.filters));
  const x = value(step.inputs[0]);
  const clamp = step.clamp ?? UNCLAMPED;
  for (let firstPatch = 0; firstPatch < all; firstPatch += strip) {
    const patches = Math.min(strip, all - firstPatch);
    // An odd number of cache lines, see `winograd_input`.
    const positionBytes = 64 * (2 * Math.ceil((4 * g.depth * patches) / 128) + 1);
    const v = new Buffer(POSITIONS * positionBytes);
    emit(
      entry("winograd_input", step.node.name, patches, {
        x,
        v,
        zeros,
        height: g.height,
        width: g.width,
        channels: g.depth,
        padTop: g.pads[0],
        padLeft: g.pads[1],
        patchesX,
        firstPatch,
        positionBytes,
      }),
    );
    emit(
      entry(
        "winograd_multiply",
        step.node.name,
        (g.filters / FILTERS) * Math.ceil(patches / PATCHES),
        {
          v,
          weights,
          bias,
          y: value(step.output),
          residual: step.residual ? value(step.residual) : 0,
          depth: g.depth,
          filters: g.filters,
          patchesX,
          firstPatch,
          patches,
          positionBytes,
          outHeight: g.outHeight,
          outWidth: g.outWidth,
          low: f32(clamp.low),
          high: f32(clamp.high),
          scratch,
        },
        { groups: g.filters / FILTERS, work: winogradWork },
      ),
    );
  }
}

/** Patches of a strip: equal shares of all, in whole tiles, as many as fit. */
function stripPatches(g: Geometry, all: number, { winogradBytes, winogradPatches }: Tuning): number {
  const fitting = Math.max(winogradPatches, Math.floor(winogradBytes / (4 * POSITIONS * g.depth)));
  const strips = Math.max(1, Math.ceil(all / fitting));
  return PATCHES * Math.ceil(all / strips / PATCHES);
}
