import { lossAndSeed } from "../../../kernels/losses/reference.js";
import { topClasses } from "../../../kernels/top_classes/reference.js";
import type { GradientRequest, JacobianRequest } from "../../backend.js";
import { inTurns } from "../../checkpoint.js";
import type { DeepfoolRequest, DeepfoolRun } from "../../engine.js";
import { GradientSink } from "../../gradient_sink.js";
import { shiftImage } from "../../shift.js";
import { DeepfoolRunner } from "./deepfool.js";
import { laneChunks, runBackward, runForward, runScores, runSeeded } from "./passes.js";
import { type Program, tapesFor } from "./program.js";

/**
 * The engine's calls on a program, on the thread that holds it. Arguments have been checked. Each image
 * runs by itself: one forward pass, then a backward pass for every 12 cotangents. Between images other calls may come in.
 */
export interface Session {
  /** `[N][classes]`. */
  logits(images: Float32Array, signal?: AbortSignal): Promise<Float32Array>;
  /** Values go to `request.values`, `[N][rows][units]`. */
  jacobian(
    images: Float32Array,
    request: JacobianRequest,
  ): Promise<{ classes: Int32Array; logits: Float32Array }>;
  /** Values go to `request.values`; an image whose logits are NaN has neither loss nor gradient. */
  gradient(
    images: Float32Array,
    request: GradientRequest,
  ): Promise<{ logits: Float32Array; losses: Float32Array }>;
  deepfool(images: Float32Array, request: DeepfoolRequest): Promise<DeepfoolRun>;
}

/** @param programFor names the caller; throws once the engine has been disposed */
export function createSession(programFor: (caller: string) => Program): Session {
  const deepfool = new DeepfoolRunner(() => programFor("deepfool"));

  function* logitsOf(images: Float32Array): Generator<void, Float32Array> {
    const { units, classes } = programFor("logits");
    const count = images.length / units;
    const logits = new Float32Array(count * classes);
    for (let n = 0; n < count; n++) {
      const program = programFor("logits");
      runScores(program, images.subarray(n * units, (n + 1) * units));
      logits.set(program.logits, n * classes);
      yield;
    }
    return logits;
  }

  function* jacobianOf(images: Float32Array, { classes: requested, rows, values }: JacobianRequest) {
    const { units, classes } = programFor("jacobian");
    const count = images.length / units;
    const logits = new Float32Array(count * classes);
    const chosen = new Int32Array(count * rows);
    for (let n = 0; n < count; n++) {
      const program = programFor("jacobian");
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
        values.set(program.rows.subarray(0, lanes * units), (n * rows + first) * units);
      }
      yield;
    }
    return { classes: chosen, logits };
  }

  /** One forward pass and, unless the seed is 0, one backward pass of a single lane an image. */
  function* gradientOf(images: Float32Array, request: GradientRequest) {
    const { units, classes } = programFor("gradient");
    const count = images.length / units;
    const logits = new Float32Array(count * classes);
    const losses = new Float32Array(count);
    const seed = new Float32Array(classes);
    const point = new Float32Array(units);
    const sink = new GradientSink(request, units);
    for (let n = 0; n < count; n++) {
      const program = programFor("gradient");
      const image = images.subarray(n * units, (n + 1) * units);
      if (request.shift) shiftImage(image, request.shift, point);
      else point.set(image);
      runForward(program, point);
      const scores = logits.subarray(n * classes, (n + 1) * classes);
      scores.set(program.logits);
      if (!scores.some(Number.isNaN)) {
        losses[n] = lossAndSeed(request.loss, n, scores, seed);
        if (seed.some((value) => value !== 0)) {
          const tapes = tapesFor(program, 1);
          runSeeded(program, seed, tapes);
          program.run(tapes.rows);
          point.set(program.rows.subarray(0, units));
          sink.put(n, point, image);
        }
      }
      yield;
    }
    sink.finish();
    return { logits, losses };
  }

  return {
    gradient: (images, request) => inTurns(gradientOf(images, request), request.signal),
    logits: (images, signal) => inTurns(logitsOf(images), signal),
    jacobian: (images, request) => inTurns(jacobianOf(images, request), request.signal),
    deepfool: (images, request) => deepfool.run(images, request),
  };
}
