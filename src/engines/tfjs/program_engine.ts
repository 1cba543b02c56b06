import { EngineError, UnifoolError } from "../../errors.js";
import { messageOf, type TfNamespace } from "../../kernels/tfjs/namespace.js";
import type { InputTransform } from "../../network/input.js";
import type { Engine } from "../engine.js";
import { jacobianOf, logitsOf } from "./batches.js";
import type { Formulation, Program } from "./program.js";

/** An engine on tfjs. */
export interface TfjsEngine extends Engine {
  readonly backend: "tfjs";
  /** What the engine plays: a network with its own gradients, or a function with those of tfjs. */
  readonly differentiation: "network" | "autodiff";
  readonly formulation: Formulation;
  /** The tfjs that it computes with. */
  readonly tf: TfNamespace;
}

/** A program with checked arguments, in pixel space. The engine owns the program. */
export function programEngine(
  tf: TfNamespace,
  program: Program,
  input: InputTransform,
  details: Pick<TfjsEngine, "differentiation" | "formulation" | "classNames">,
): TfjsEngine {
  let disposed = false;
  /** Errors of tfjs become errors of ours. */
  const guarded = async <T>(caller: string, work: () => Promise<T>): Promise<T> => {
    if (disposed) throw new EngineError(`${caller}: the engine was disposed, expected a live engine`);
    try {
      return await work();
    } catch (error) {
      if (error instanceof UnifoolError) throw error;
      throw new EngineError(`${caller}: tfjs backend "${tf.getBackend()}" failed (${messageOf(error)})`);
    }
  };
  const dispose = () => {
    if (!disposed) program.dispose();
    disposed = true;
  };
  return {
    backend: "tfjs",
    tf,
    ...details,
    inputShape: program.inputShape,
    classes: program.classes,
    classNames: details.classNames ?? program.classNames,
    range: input.range,
    logits: (images) => guarded("logits", () => logitsOf(tf, program, input, images)),
    jacobian: (images, options) => guarded("jacobian", () => jacobianOf(tf, program, input, images, options)),
    dispose,
    [Symbol.dispose]: dispose,
  };
}
