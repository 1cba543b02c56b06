import type { Compiled, Engine } from "../../index.js";
import { plural } from "../format.js";

/** One line about the network and what runs it, and one about why where that was not asked for. */
export function describeEngine(model: string, engine: Compiled): string {
  const weights = engine.weights === "float16" ? ", float16 weights" : "";
  const runs = `${engine.backend}, ${engine.adapter ?? plural(threadsOf(engine), "thread")}${weights}`;
  const choice = engine.choice === undefined ? "" : `\nbackend  ${engine.choice}`;
  return `model    ${model}: ${engine.inputShape.join("x")}, ${engine.classes} classes (${runs})${choice}`;
}

/** How many threads compute; engines that have but one do not say. */
export function threadsOf(engine: Engine): number {
  return "threads" in engine && typeof engine.threads === "number" ? Math.max(1, engine.threads) : 1;
}
