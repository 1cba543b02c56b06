import { createCheckpoint } from "../engines/checkpoint.js";
import type { DeepfoolRequest, DeepfoolRun, Engine, Logits } from "../engines/engine.js";
import { asPartOf, assertNumbers, type Place } from "../engines/not_a_number.js";
import { EngineError } from "../errors.js";
import { PROFILES } from "../kernels/deepfool_step/profiles.js";
import { takeStep, writePoint } from "../kernels/deepfool_step/reference.js";
import { candidatesFor } from "../kernels/top_classes/reference.js";
import { sizeOf } from "../network/spec.js";

/** One image on its way across the boundary. Arrays are `[D]` or `[K]`. */
interface Iterate {
  /** Of the image in the whole call. */
  readonly index: number;
  readonly image: Float32Array;
  /** Candidate classes, fixed at the image, the class to leave first. */
  readonly candidates: Int32Array;
  /** Logits of the candidates at `point`. */
  readonly logits: Float32Array;
  /** Sum of the steps, without the overshoot, and what it was before the last step. */
  readonly r: Float64Array;
  readonly before: Float64Array;
  /** Where the network is asked next, and its distance from the image. */
  readonly point: Float32Array;
  readonly perturbation: Float32Array;
  readonly chosen: number[];
  newLabel: number;
  finished: boolean;
}

/** Who errors speak of. */
const CALLER = "deepfool";
const MAX_JACOBIAN_BYTES = 2 ** 28;
const MAX_BATCH = 32;

/**
 * DeepFool over `engine.logits` and `engine.jacobian`, for engines that have no loop of their own; the formulas are
 * in `kernels/deepfool_step`, the algorithm in the docstring of `deepfool`.
 *
 * Images go in batches of at most 32 (fewer if the Jacobians would exceed 256 MiB). An image leaves the batch as
 * soon as it is fooled, and its result does not depend on who else was in it. The cheap logits are asked first,
 * so that no Jacobian is computed at a point that is already across.
 */
export async function deepfoolLoop(
  engine: Engine,
  images: Float32Array,
  request: DeepfoolRequest,
): Promise<DeepfoolRun & { readonly adversarial: Float32Array }> {
  const size = sizeOf(engine.inputShape);
  const total = images.length / size;
  const batch = Math.max(
    1,
    Math.min(MAX_BATCH, Math.floor(MAX_JACOBIAN_BYTES / (4 * size * request.classes))),
  );
  const adversarial = new Float32Array(images.length);
  const perturbation = new Float32Array(images.length);
  const labels = new Int32Array(total);
  const newLabels = new Int32Array(total);
  const iterations = new Int32Array(total);
  const chosen: Int32Array[] = [];
  const rows = new Float32Array(Math.min(batch, total) * request.classes * size);
  for (let start = 0; start < total; start += batch) {
    const chunk = images.subarray(start * size, Math.min(start + batch, total) * size);
    const finished = await runBatch(engine, chunk, start, request, rows, (done) =>
      request.onProgress?.(start + done, total),
    );
    finished.forEach((iterate, n) => {
      adversarial.set(iterate.point, (start + n) * size);
      perturbation.set(iterate.perturbation, (start + n) * size);
      labels[start + n] = iterate.candidates[0];
      newLabels[start + n] = iterate.newLabel;
      iterations[start + n] = iterate.chosen.length;
      chosen.push(Int32Array.from(iterate.chosen));
    });
  }
  return {
    adversarial,
    perturbation,
    labels,
    newLabels,
    iterations,
    ...(request.trace && { chosen }),
  };
}

async function runBatch(
  engine: Engine,
  images: Float32Array,
  start: number,
  request: DeepfoolRequest,
  rows: Float32Array,
  onProgress: (done: number) => void,
): Promise<Iterate[]> {
  const rules = PROFILES[request.profile];
  const checkpoint = createCheckpoint(request.signal);
  await checkpoint();
  const batch = await startBatch(engine, images, start, request);
  const overshot = 1 + request.overshoot;
  const factor = rules.overshootsEachStep ? overshot : 1;
  const moveTo = (iterate: Iterate, by: number) =>
    writePoint(iterate.image, iterate.r, by, request.bounds, iterate.point, iterate.perturbation);

  for (;;) {
    const active = batch.filter((iterate) => !iterate.finished);
    onProgress(batch.length - active.length);
    if (active.length === 0) break;
    await checkpoint();
    const jacobian = await jacobianOf(engine, active, request, rows);
    const moved = active.filter((iterate, n) => {
      iterate.before.set(iterate.r);
      const offset = n * request.classes * iterate.r.length;
      const { chosen } = takeStep(rules, request.norm, jacobian, offset, iterate.logits, iterate.r);
      if (chosen !== 0) {
        moveTo(iterate, factor);
        if (iterate.point.every(Number.isFinite)) iterate.chosen.push(iterate.candidates[chosen]);
        else stepBack(iterate);
      }
      iterate.finished = chosen === 0 || iterate.finished;
      return !iterate.finished;
    });
    const finite = await judge(engine, moved, request.signal);
    moved.forEach((iterate, n) => {
      if (!finite[n]) {
        iterate.chosen.pop();
        stepBack(iterate);
      }
      if (iterate.newLabel !== iterate.candidates[0] || iterate.chosen.length >= request.steps)
        iterate.finished = true;
    });
  }

  if (!rules.overshootsEachStep) {
    for (const iterate of batch) {
      moveTo(iterate, overshot);
      if (!iterate.point.every(Number.isFinite)) moveTo(iterate, factor);
    }
    await judge(engine, batch, request.signal);
  }
  return batch;

  /** Undoes a step to a point where pixels or logits are infinite, and ends the image there. */
  function stepBack(iterate: Iterate): void {
    iterate.r.set(iterate.before);
    moveTo(iterate, factor);
    iterate.newLabel = iterate.candidates[0];
    iterate.finished = true;
  }
}

/** Predictions and candidates at the images themselves. */
async function startBatch(
  engine: Engine,
  images: Float32Array,
  start: number,
  request: DeepfoolRequest,
): Promise<Iterate[]> {
  const size = sizeOf(engine.inputShape);
  const count = images.length / size;
  const { logits, labels } = await scoresOf(engine, images, request.signal, (n) => ({ image: start + n }));
  return Array.from({ length: count }, (_, n) => {
    const scores = logits.subarray(n * engine.classes, (n + 1) * engine.classes);
    const label = request.labels?.[start + n] ?? labels[n];
    const candidates = candidatesFor(scores, label, request.classes);
    const image = images.subarray(n * size, (n + 1) * size);
    return {
      index: start + n,
      image,
      candidates,
      logits: Float32Array.from(candidates, (c) => scores[c]),
      r: new Float64Array(size),
      before: new Float64Array(size),
      point: image.slice(),
      perturbation: new Float32Array(size),
      chosen: [],
      newLabel: labels[n],
      finished: labels[n] !== label,
    };
  });
}

/** Gradients of the candidates at the points of the given images, `[n][K][D]`. */
async function jacobianOf(
  engine: Engine,
  active: readonly Iterate[],
  { classes, signal }: DeepfoolRequest,
  out: Float32Array,
): Promise<Float32Array> {
  const candidates = new Int32Array(active.length * classes);
  active.forEach((iterate, n) => {
    candidates.set(iterate.candidates, n * classes);
  });
  const points = gatherPoints(active);
  const options = { classes: candidates, out, ...(signal && { signal }) };
  const { values } = await asPartOf(CALLER, placesOf(active), () => engine.jacobian(points, options));
  checkLength(engine, "jacobian", values, points.length * classes);
  return values;
}

/** Updates labels and candidate logits at the current points; false where a logit is infinite. */
async function judge(
  engine: Engine,
  active: readonly Iterate[],
  signal: AbortSignal | undefined,
): Promise<boolean[]> {
  if (active.length === 0) return [];
  const { logits, labels } = await scoresOf(engine, gatherPoints(active), signal, placesOf(active));
  return active.map((iterate, n) => {
    const scores = logits.subarray(n * engine.classes, (n + 1) * engine.classes);
    if (!scores.every(Number.isFinite)) return false;
    iterate.newLabel = labels[n];
    iterate.candidates.forEach((c, k) => {
      iterate.logits[k] = scores[c];
    });
    return true;
  });
}

/**
 * Logits and predictions at `points`.
 *
 * @throws NotANumber if a logit is NaN
 */
async function scoresOf(
  engine: Engine,
  points: Float32Array,
  signal: AbortSignal | undefined,
  placeOf: Place,
): Promise<Logits> {
  const scores = await asPartOf(CALLER, placeOf, () => engine.logits(points, signal && { signal }));
  checkLength(engine, "logits", scores.logits, (points.length / sizeOf(engine.inputShape)) * engine.classes);
  assertNumbers(CALLER, scores.logits, engine.classes, placeOf);
  return scores;
}

function placesOf(active: readonly Iterate[]): Place {
  return (n) => ({ image: active[n].index, steps: active[n].chosen.length });
}

function gatherPoints(active: readonly Iterate[]): Float32Array {
  const size = active[0].point.length;
  const points = new Float32Array(active.length * size);
  active.forEach((iterate, n) => {
    points.set(iterate.point, n * size);
  });
  return points;
}

function checkLength(engine: Engine, method: string, values: Float32Array, needed: number): void {
  if (!(values instanceof Float32Array) || values.length < needed)
    throw new EngineError(
      `${method}: engine "${engine.backend}" returned ${values?.length ?? "no"} values, expected ${needed}`,
    );
}
