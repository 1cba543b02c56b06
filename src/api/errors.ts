/**
 * Typed errors. Every message is one line that names the function, the value and what was expected.
 */

/** Base class of every error that unifool raises on purpose. */
export class UnifoolError extends Error {
  override readonly name: string = "UnifoolError";
}

/** An argument of the wrong shape, type or range; raised before any work starts. */
export class InvalidArgumentError extends UnifoolError {
  override readonly name = "InvalidArgumentError";
}

/** A model that cannot be read or is inconsistent: missing file, truncated weights, two outputs, unknown layer. */
export class ModelError extends UnifoolError {
  override readonly name: string = "ModelError";
}

/** A layer or operator that unifool has no kernel for. The message names layer, operator and the way out. */
export class UnsupportedOperatorError extends ModelError {
  override readonly name = "UnsupportedOperatorError";
  constructor(
    readonly layer: string,
    readonly operator: string,
    detail = "",
  ) {
    super(
      `compile: layer "${layer}" uses ${operator}${detail && ` (${detail})`}, which unifool does not implement; ` +
        `pass the live tf.LayersModel and { backend: "tfjs" } to run it on TensorFlow.js`,
    );
  }
}

/** The engine cannot run here (no WebAssembly SIMD, no adapter, a worker died) or was disposed. */
export class EngineError extends UnifoolError {
  override readonly name = "EngineError";
}
