import "../engines/disposable.js";
import { EngineError } from "../errors.js";
import { deepfoolStep } from "../kernels/rows/deepfool_step.js";
import { project } from "../kernels/rows/projection.js";
import { rowNorms } from "../kernels/rows/row_norms.js";
import { topClasses } from "../kernels/rows/top_classes.js";
import { RowInstance } from "../kernels/wasm/row_instance.js";
import {
  deepfoolStepArguments,
  notFinite,
  projectArguments,
  rowNormsArguments,
  topClassesArguments,
} from "./raw_arguments.js";
import type * as loops from "./raw_kernels.js";

/**
 * The functions of `unifool/kernels` on WASM SIMD: same arguments, same errors, and the loops' results to their rounding.
 */
export interface Kernels {
  /**
   * As the function of this name. The norms are summed in another order, so they and the distances may differ from the loops'
   * by (9/8 D + 8) 2^-53, relatively; steps by that and the last bit; and where two distances are nearer than
   * that, the other of them may be chosen. An image's results do not depend on the others of its batch.
   *
   * @throws InvalidArgumentError as the function; EngineError after `dispose`
   */
  readonly deepfoolStep: typeof loops.deepfoolStep;
  /**
   * As the function of this name, to (9/8 size + 8) 2^-53, relatively.
   *
   * @throws InvalidArgumentError as the function; EngineError after `dispose`
   */
  readonly rowNorms: typeof loops.rowNorms;
  /**
   * As the function of this name: the same values for the infinity-norm, at most the last bit away for the 2-norm, inside
   * the ball as well.
   *
   * @throws InvalidArgumentError as the function; EngineError after `dispose`
   */
  readonly project: typeof loops.project;
  /**
   * As the function of this name, exactly.
   *
   * @throws InvalidArgumentError as the function; EngineError after `dispose`
   */
  readonly topClasses: typeof loops.topClasses;
  /** Lets go of the memory, some 600 KB; calls throw from now on. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * Opens the WASM kernels, on the calling thread: no network, no worker, nothing to load or to wait for. Batches of any size
 * pass through a memory of fixed size, image by image or in pieces of images, so nothing is held twice. The same
 * bits on every platform.
 *
 * @throws EngineError where the platform has no WebAssembly SIMD, or a page's policy forbids WebAssembly
 *
 * @example
 * const kernels = openKernels();
 * // Jacobians of 8 images, 10 candidates, 32x32x3, and their logits, from whatever framework.
 * const jacobian = Float32Array.from({ length: 8 * 10 * 3072 }, Math.random);
 * const logits = Float32Array.from({ length: 8 * 10 }, Math.random);
 * const { steps, chosen, distances } = kernels.deepfoolStep(jacobian, logits, { classes: 10 });
 * const inside = kernels.project(steps, { radius: 0.1, norm: 2, size: 3072 });
 * console.log(chosen, distances, kernels.rowNorms(inside, 3072), kernels.topClasses(logits, { classes: 10, count: 3 }));
 * kernels.dispose();
 */
export function openKernels(): Kernels {
  let instance: RowInstance | undefined = new RowInstance("openKernels");
  const live = (caller: string): RowInstance => {
    if (instance === undefined)
      throw new EngineError(`${caller}: the kernels were disposed, expected live ones`);
    return instance;
  };
  const dispose = (): void => {
    instance = undefined;
  };
  return {
    deepfoolStep(jacobian, logits, options) {
      const kernels = live("deepfoolStep");
      const { rules, norm, classes, steps } = deepfoolStepArguments(jacobian, logits, options);
      const count = logits.length / classes;
      const [chosen, distances] = [new Int32Array(count), new Float64Array(count)];
      deepfoolStep(kernels, rules, norm, classes, { jacobian, logits, steps, chosen, distances });
      return { steps, chosen, distances };
    },
    rowNorms(matrix, size, q = 2) {
      const kernels = live("rowNorms");
      rowNormsArguments(matrix, size, q);
      return rowNorms(kernels, matrix, size, q);
    },
    project(vectors, options) {
      const kernels = live("project");
      const { radius, norm, size, out } = projectArguments(vectors, options);
      if (!project(kernels, vectors, size, radius, norm, out)) throw notFinite(vectors);
      return out;
    },
    topClasses(logits, options) {
      const kernels = live("topClasses");
      const { classes, count } = topClassesArguments(logits, options);
      return topClasses(kernels, logits, classes, count);
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}
