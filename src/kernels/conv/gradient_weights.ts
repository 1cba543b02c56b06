/** Which convolutions keep weights by unit for the vjp of one cotangent. */
import type { Tuning } from "../wasm/tuning.js";
import { type Geometry, isPlain } from "./geometry.js";
import { FEW_CHANNELS, LIVE_FILTERS } from "./gradient_kernels.js";

/** The name under which a forward step keeps them. */
export const UNIT_WEIGHTS = "unitWeights";

/** @param sparse many units of the input are likely to be dead */
export function keepsUnitWeights(g: Geometry, tuning: Tuning, sparse: boolean): boolean {
  if (g.outHeight * g.outWidth === 1) return false;
  return suitsFewChannels(g) || (sparse && suitsLiveUnits(g, tuning));
}

/** Whether the input is as narrow as the kernels of few channels have it (`wasm_gradient_few.ts`). */
export function suitsFewChannels({ channels, groups, filters }: Geometry): boolean {
  return channels in FEW_CHANNELS && groups === 1 && filters % 4 === 0;
}

/** Whether `conv_gradient_live` can do the layer, should many of its inputs be dead. */
export function suitsLiveUnits(g: Geometry, { liveTerms }: Tuning): boolean {
  const terms = g.taps * g.filters;
  return isPlain(g) && terms >= liveTerms && g.filters % LIVE_FILTERS === 0 && g.channels % 4 === 0;
}
