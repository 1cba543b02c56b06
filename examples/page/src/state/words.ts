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
