import { EngineError, UnifoolError } from "../../errors.js";
import { messageOf, type TfNamespace } from "../../kernels/tfjs/namespace.js";
import type { InputTransform } from "../../network/input.js";
import { createEngine } from "../create_engine.js";
import type { GradientEngine } from "../engine.js";
import { gradientOf, jacobianOf, logitsOf } from "./batches.js";
import type { Formulation, Program } from "./program.js";

/** An engine on tfjs. */
export interface TfjsEngine extends GradientEngine {
  readonly backend: "tfjs";
  /** What the engine plays: a network with its own gradients, or a function with those of tfjs. */
  readonly differentiation: "network" | "autodiff";
  readonly formulation: Formulation;
  /** The tfjs that it computes with. */
  readonly tf: TfNamespace;
}

/** A program in pixel space as an engine, which owns the program. */
export function programEngine(
  tf: TfNamespace,
  program: Program,
  input: InputTransform,
  details: Pick<TfjsEngine, "differentiation" | "formulation" | "classNames">,
): TfjsEngine {
  const { inputShape, classes } = program;
  const { differentiation, formulation, classNames = program.classNames } = details;
  let live = true;
  /** Errors of tfjs become errors of ours. */
  const guarded = async <T>(
    caller: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error;
      if (!live) throw new EngineError(`${caller}: the engine was disposed, expected a live engine`);
      if (error instanceof UnifoolError) throw error;
      throw new EngineError(`${caller}: tfjs backend "${tf.getBackend()}" failed (${messageOf(error)})`);
    }
  };
  const engine = createEngine(
    { inputShape, classes, classNames, range: input.range },
    {
      name: "tfjs",
      logits: (images, signal) =>
        guarded("logits", signal, () => logitsOf(tf, program, input, images.slice(), signal)),
      jacobian: (images, request) =>
        guarded("jacobian", request.signal, () => jacobianOf(tf, program, input, images.slice(), request)),
      gradient: (images, request) =>
        guarded("gradient", request.signal, () => gradientOf(tf, program, input, images.slice(), request)),
      dispose() {
        live = false;
        program.dispose();
      },
    },
  );
  return Object.assign(engine, { tf, differentiation, formulation });
}
