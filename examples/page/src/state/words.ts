import type { CompileProgress } from "unifool";
import { WorkerError } from "../worker/client.js";

/** Ways out that the library names for those who write code, and what they are here. */
const WAYS_OUT: readonly (readonly [RegExp, string])[] = [
  [/pass inputShape, the shape .*$/, "give the image size below"],
  [/pass output, the name of the class scores/, "name the one with the class scores below"],
  [/pass the model's files together, .*$/, "choose or drop all of them together"],
  [/(use )?\{ backend: "wasm" \}( needs none)?/, "WebAssembly needs none"],
  [
    /pass the live tf\.LayersModel and .*$/,
    "TensorFlow.js can, with the library's tfjs backend, but not here",
  ],
];

/** An error as a sentence of the page: which function raised it is of no use here. */
export function words(error: unknown): string {
  const { message } = error instanceof Error ? error : new Error(String(error));
  let text = message.replace(/^(compile|loadModel|inspect|toImages|universalPerturbation): /, "");
  for (const [found, here] of WAYS_OUT) text = text.replace(found, here);
  if (error instanceof WorkerError && /memory|allocation/i.test(message))
    text += ". There is not enough memory: close other tabs, or take fewer images or a smaller model.";
  // A file's name stays as it is.
  return /^\S*[./]/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

/** What is done with a model that is opened. */
export function doing(progress: CompileProgress | undefined): string {
  if (!progress) return "Reading the model";
  const { stage, done, total } = progress;
  const of = (value: (n: number) => string) =>
    total === undefined ? value(done) : `${value(done)} of ${value(total)}`;
  const texts = {
    read: () => `Reading the model, ${of(megabytes)} MB`,
    import: () => "Looking through the model",
    plan: () => "Planning the computation",
    weights: () => `Packing the weights, ${of(megabytes)} MB`,
    workers: () => `Starting threads, ${of(String)}`,
    shaders: () => `Compiling shaders, ${of(String)}`,
    check: () => "Trying an image",
  } as const;
  return texts[stage]();
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** What the library says of its choice, and what that is here. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^navigator\.gpu is missing$/, "this browser has no WebGPU here"],
  [/^deterministic is given$/, "the result shall be the same on every machine"],
];

/** Why an engine was chosen, as a sentence. */
export function because(choice: string): string {
  let reason = choice.replace(/^\w+: /, "");
  for (const [found, here] of REASONS) reason = reason.replace(found, here);
  return `Chosen since ${reason}.`;
}
