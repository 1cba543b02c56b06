import type { CompileProgress } from "../index.js";
import type { Console } from "./console.js";

/** Says on a terminal how far a model is that is read and compiled. */
export function loadingStatus(model: string, console: Console): (progress: CompileProgress) => void {
  console.status(`loading ${model}`);
  return (progress) => console.status(`loading ${model}: ${doing(progress)}`);
}

/** What goes on, and how far it is: `reading 12.3 of 98.0 MB`. */
export function doing({ stage, done, total }: CompileProgress): string {
  const of = (value: (count: number) => string) =>
    total === undefined ? value(done) : `${value(done)} of ${value(total)}`;
  const texts = {
    read: () => `reading ${of(megabytes)} MB`,
    import: () => "importing",
    plan: () => "planning",
    weights: () => `packing ${of(megabytes)} MB of weights`,
    workers: () => `starting threads, ${of(String)}`,
    shaders: () => `compiling shaders, ${of(String)}`,
    check: () => "trying an image",
  } as const;
  return texts[stage]();
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
