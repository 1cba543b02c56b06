/**
 * Typed errors. Every message is one line that names the function, the value and what was expected.
 */

/** Base class of every error that unifool raises on purpose. */
export class UnifoolError extends Error {
  // Of the class, too, since minified classes lose theirs and Node prints it.
  static override readonly name: string = "UnifoolError";
  override readonly name: string = "UnifoolError";
}

/** An argument of the wrong shape, type or range; raised before any work starts. */
export class InvalidArgumentError extends UnifoolError {
  static override readonly name: string = "InvalidArgumentError";
  override readonly name = "InvalidArgumentError";
}

/** A model that cannot be read or is inconsistent: missing file, truncated weights, two outputs, unknown layer. */
export class ModelError extends UnifoolError {
  static override readonly name: string = "ModelError";
  override readonly name: string = "ModelError";
}

/** Images that cannot be read: a file that is missing, broken or of another kind, of another size, or no package to decode it. */
export class ImageError extends UnifoolError {
  static override readonly name: string = "ImageError";
  override readonly name = "ImageError";
}

/** A layer, and what it does that there is no kernel for. */
export interface UnsupportedLayer {
  readonly layer: string;
  readonly operator: string;
  /** What of the operator is missing, where it is not all of it. */
  readonly detail?: string;
  /** What to do instead, where something can be done that not every model allows. */
  readonly wayOut?: string;
}

/**
 * A layer or operator that unifool has no kernel for. The message names layer, operator and the way out; `others` are
 * the model's other layers of this kind, and `unchecked` counts those that could not be looked at because they read
 * what these make.
 */
export class UnsupportedOperatorError extends ModelError {
  static override readonly name: string = "UnsupportedOperatorError";
  override readonly name = "UnsupportedOperatorError";
  /** What to do instead of this layer. */
  readonly wayOut: string | undefined;
  readonly unchecked: number;
  constructor(
    readonly layer: string,
    readonly operator: string,
    readonly detail = "",
    readonly others: readonly UnsupportedLayer[] = [],
    advice?: string,
    { wayOut, unchecked = 0 }: { readonly wayOut?: string; readonly unchecked?: number } = { wayOut: advice },
  ) {
    const more = others.length > 0 ? ` (nor ${othersText(others)})` : "";
    super(
      `compile: layer "${layer}" uses ${operator}${detail && ` (${detail})`}, which unifool does not implement${more}` +
        (advice ? `; ${advice}` : ""),
    );
    this.wayOut = wayOut;
    this.unchecked = unchecked;
  }
}

/** The way out where TensorFlow.js knows the layer. */
export const RUN_ON_TFJS = 'pass the live tf.LayersModel and { backend: "tfjs" } to run it on TensorFlow.js';

/** The classes of layers and what of them is missing, each with how many there are. */
function othersText(layers: readonly UnsupportedLayer[]): string {
  const counts = new Map<string, number>();
  for (const { operator, detail } of layers) {
    const kind = detail ? `${operator} (${detail})` : operator;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const texts = [...counts].map(([operator, n]) => `${operator} of ${n} other layer${n === 1 ? "" : "s"}`);
  const shown = texts.slice(0, 6).join(", ");
  return texts.length > 6 ? `${shown} and ${texts.length - 6} more classes` : shown;
}

/**
 * The engine cannot run here (no WebAssembly SIMD, no adapter, a worker died), was disposed, or has no answer for an image
 * whose logits are NaN.
 */
export class EngineError extends UnifoolError {
  static override readonly name: string = "EngineError";
  override readonly name = "EngineError";
  /** Index in the batch of the image that has no answer, where one image is at fault. */
  declare readonly image?: number;
}
