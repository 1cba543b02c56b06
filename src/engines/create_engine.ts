import { EngineError } from "../errors.js";
import { sizeOf } from "../network/spec.js";
import { countImages, jacobianArguments, logitsArguments } from "./arguments.js";
import type { EngineBackend, EngineFacts } from "./backend.js";
import type { GradientEngine } from "./engine.js";
import { gradientArguments } from "./gradient_arguments.js";
import { gradientOf } from "./lazy_gradient.js";
import { assertNumbers, labelsOf } from "./not_a_number.js";
import { pixelsOf } from "./pixels.js";

/**
 * The engine around a backend: what all engines do alike. Checks that it lives and arguments before any work, takes
 * labels from the logits, refuses logits that are NaN, and disposes of the backend once.
 */
export function createEngine<Name extends string>(
  { inputShape, classes, classNames, range }: EngineFacts,
  backend: EngineBackend<Name>,
): GradientEngine & { readonly backend: Name } {
  let disposed = false;
  const assertLive = (caller: string): void => {
    if (disposed) throw new EngineError(`${caller}: the engine was disposed, expected a live engine`);
    backend.assertLive?.(caller);
  };
  const dispose = (): void => {
    if (disposed) return;
    disposed = true;
    backend.dispose();
  };
  const { deepfool, craftingState } = backend;

  return {
    backend: backend.name,
    inputShape,
    classes,
    classNames,
    range,

    async logits(given, options) {
      assertLive("logits");
      const images = pixelsOf("logits", given, range);
      const { signal } = logitsArguments(images, options, inputShape);
      signal?.throwIfAborted();
      const logits = await backend.logits(images, signal);
      return { logits, labels: labelsOf("logits", logits, classes) };
    },

    async jacobian(given, options) {
      assertLive("jacobian");
      const images = pixelsOf("jacobian", given, range);
      const request = jacobianArguments(images, options, inputShape, classes);
      request.signal?.throwIfAborted();
      const answer = await backend.jacobian(images, request);
      assertNumbers("jacobian", answer.logits, classes);
      return { values: request.values, ...answer };
    },

    async gradient(given, options) {
      assertLive("gradient");
      const images = pixelsOf("gradient", given, range);
      const request = gradientArguments(images, options, inputShape, classes);
      request.signal?.throwIfAborted();
      const answer = backend.gradient
        ? await backend.gradient(images, request)
        : await gradientOf(backend, images, request, sizeOf(inputShape), classes);
      assertNumbers("gradient", answer.logits, classes);
      return { values: request.values, ...answer };
    },

    ...(deepfool && {
      async deepfool(images, request) {
        assertLive("deepfool");
        countImages("deepfool", images, inputShape);
        request.signal?.throwIfAborted();
        return deepfool.call(backend, images, request);
      },
    }),

    ...(craftingState && {
      async craftingState(images, request) {
        const caller = "universalPerturbation";
        assertLive(caller);
        countImages(caller, images, inputShape);
        return craftingState.call(backend, images, request);
      },
    }),

    dispose,
    [Symbol.dispose]: dispose,
  };
}
