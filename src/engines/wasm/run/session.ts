import { argmax, topClasses } from "../../../kernels/top_classes/reference.js";
import type { DeepfoolRequest, DeepfoolRun } from "../../engine.js";
import { DeepfoolRunner } from "./deepfool.js";
import { laneChunks, runBackward, runForward } from "./passes.js";
import { type Program, tapesFor } from "./program.js";

/**
 * The engine's three calls on a program, on the thread that holds it. Arguments have been checked. Each image
 * runs by itself: one forward pass, then a backward pass for every 12 cotangents.
 */
export interface Session {
  logits(images: Float32Array): { logits: Float32Array; labels: Int32Array };
  /** `classes`: how many of the largest logits, or `[N][rows]` indices. Values go to `out`, `[N][rows][units]`. */
  jacobian(
    images: Float32Array,
    classes: number | Int32Array,
    rows: number,
    out: Float32Array,
  ): { classes: Int32Array; logits: Float32Array };
  deepfool(images: Float32Array, request: DeepfoolRequest): Promise<DeepfoolRun>;
}

/** @param programFor names the caller; throws once the engine has been disposed */
export function createSession(programFor: (caller: string) => Program): Session {
  const deepfool = new DeepfoolRunner(() => programFor("deepfool"));
  return {
    logits(images) {
      const program = programFor("logits");
      const { units, classes } = program;
      const count = images.length / units;
      const logits = new Float32Array(count * classes);
      const labels = new Int32Array(count);
      for (let n = 0; n < count; n++) {
        runForward(program, images.subarray(n * units, (n + 1) * units));
        logits.set(program.logits, n * classes);
        labels[n] = argmax(program.logits);
      }
      return { logits, labels };
    },

    jacobian(images, requested, rows, out) {
      const program = programFor("jacobian");
      const { units, classes } = program;
      const count = images.length / units;
      const logits = new Float32Array(count * classes);
      const chosen = new Int32Array(count * rows);
      for (let n = 0; n < count; n++) {
        runForward(program, images.subarray(n * units, (n + 1) * units));
        logits.set(program.logits, n * classes);
        const wanted =
          typeof requested === "number"
            ? topClasses(program.logits, 0, classes, rows)
            : requested.subarray(n * rows, (n + 1) * rows);
        chosen.set(wanted, n * rows);
        for (const { first, count: lanes } of laneChunks(rows)) {
          const tapes = tapesFor(program, lanes);
          runBackward(program, wanted.subarray(first, first + lanes), tapes);
          program.run(tapes.rows);
          out.set(program.rows.subarray(0, lanes * units), (n * rows + first) * units);
        }
      }
      return { classes: chosen, logits };
    },

    deepfool: (images, request) => deepfool.run(images, request),
  };
}
