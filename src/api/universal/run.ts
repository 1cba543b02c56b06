import type { Engine } from "../../engines/engine.js";
import type { Pixels } from "../../engines/pixels.js";
import { craft } from "../crafting.js";
import type { UniversalResult } from "../universal_result.js";
import type { UniversalOptions } from "./options.js";
import { resolveSettings } from "./settings.js";
import { craftByRule } from "./stochastic.js";

/** What `universalPerturbation` does. */
export async function universalPerturbation(
  engine: Engine,
  given: Pixels,
  options?: UniversalOptions,
): Promise<UniversalResult> {
  const { images, settings } = resolveSettings(engine, given, options);
  return settings.method === "deepfool"
    ? craft(engine, images, settings)
    : craftByRule(engine, images, settings);
}
