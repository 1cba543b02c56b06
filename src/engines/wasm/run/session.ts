import { lossAndSeed } from "../../../kernels/losses/reference.js";
import { topClasses } from "../../../kernels/top_classes/reference.js";
import type { GradientRequest, JacobianRequest } from "../../backend.js";
import { inTurns } from "../../checkpoint.js";
import type { DeepfoolRequest, DeepfoolRun } from "../../engine.js";
import { GradientSink } from "../../gradient_sink.js";
import { shiftImage } from "../../shift.js";
import { DeepfoolRunner } from "./deepfool.js";
import { laneChunks, seedRows } from "./passes.js";
import { type ImageRoom, type Program, tapesFor } from "./program.js";

/**
 * The engine's calls on a program, on the thread that holds it. Arguments have been checked. Each image
 * runs by itself: one forward pass, then a backward pass for every 12 cotangents; several side by side, where there is room for
 * more than one. Between them other calls may come in.
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
    const logits = new Float32Array((images.length / units) * classes);
    for (const part of batches("logits", images, ({ images: rooms }) => rooms)) {
      for (const { room, image } of part.work) room.pixels.set(image);
      part.program.runTogether(part.work.map(({ room }) => room.plan.scores));
      for (const { room, n } of part.work) logits.set(room.logits, n * classes);
      yield;
    }
    return logits;
  }

  function* jacobianOf(images: Float32Array, { classes: requested, rows, values }: JacobianRequest) {
    const { units, classes } = programFor("jacobian");
    const count = images.length / units;
    const logits = new Float32Array(count * classes);
    const chosen = new Int32Array(count * rows);
    const withRows = ({ images: rooms }: Program) => rooms.filter(({ plan }) => plan.backward.length > 0);
    for (const { program, work } of batches("jacobian", images, withRows)) {
      for (const { room, image } of work) room.pixels.set(image);
      program.runTogether(work.map(({ room }) => room.plan.forward));
      for (const { room, n } of work) {
        logits.set(room.logits, n * classes);
        const wanted =
          typeof requested === "number"
            ? topClasses(room.logits, 0, classes, rows)
            : requested.subarray(n * rows, (n + 1) * rows);
        chosen.set(wanted, n * rows);
      }
      for (const { first, count: lanes } of laneChunks(rows)) {
        const tapes = work.map(({ room, n }) => {
          const own = tapesFor(room, lanes);
          seedRows(room, chosen.subarray(n * rows + first, n * rows + first + lanes), own.stride);
          return own;
        });
        program.runTogether(tapes.map(({ gradient }) => gradient));
        program.runTogether(tapes.map((own) => own.rows));
        for (const { room, n } of work)
          values.set(room.rows.subarray(0, lanes * units), (n * rows + first) * units);
      }
      yield;
    }
    return { classes: chosen, logits };
  }

  /** One forward pass and, unless the seed is 0, one backward pass of a single cotangent an image. */
  function* gradientOf(images: Float32Array, request: GradientRequest) {
    const { units, classes } = programFor("gradient");
    const count = images.length / units;
    const logits = new Float32Array(count * classes);
    const losses = new Float32Array(count);
    const seed = new Float32Array(classes);
    const sink = new GradientSink(request, units);
    for (const { program, work } of batches("gradient", images, ({ images: rooms }) => rooms)) {
      for (const { room, image } of work)
        if (request.shift) shiftImage(image, request.shift, room.pixels);
        else room.pixels.set(image);
      program.runTogether(work.map(({ room }) => room.plan.forward));
      const seeded = work.filter(({ room, n }) => {
        const scores = logits.subarray(n * classes, (n + 1) * classes);
        scores.set(room.logits);
        if (scores.some(Number.isNaN)) return false;
        losses[n] = lossAndSeed(request.loss, n, scores, seed);
        room.seeds.set(seed);
        return seed.some((value) => value !== 0);
      });
      program.runTogether(seeded.map(({ room }) => room.plan.single));
      for (const { room, n, image } of seeded) sink.put(n, room.gradient, image);
      yield;
    }
    sink.finish();
    return { logits, losses };
  }

  /** As many images at a time as there are rooms; between them other calls may come in, or the engine be disposed of. */
  function* batches(
    caller: string,
    images: Float32Array,
    roomsOf: (program: Program) => readonly ImageRoom[],
  ) {
    const { units } = programFor(caller);
    const count = images.length / units;
    for (let first = 0; first < count; ) {
      const program = programFor(caller);
      const work = roomsOf(program)
        .slice(0, count - first)
        .map((room, i) => {
          const n = first + i;
          return { room, n, image: images.subarray(n * units, (n + 1) * units) };
        });
      yield { program, work };
      first += work.length;
    }
  }

  return {
    gradient: (images, request) => inTurns(gradientOf(images, request), request.signal),
    logits: (images, signal) => inTurns(logitsOf(images), signal),
    jacobian: (images, request) => inTurns(jacobianOf(images, request), request.signal),
    deepfool: (images, request) => deepfool.run(images, request),
  };
}
