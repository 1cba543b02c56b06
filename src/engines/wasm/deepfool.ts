import { PROFILES, type ProfileRules } from "../../kernels/deepfool_step/profiles.js";
import { chooseCandidate, stepScale, writePoint } from "../../kernels/deepfool_step/reference.js";
import { createCheckpoint } from "../checkpoint.js";
import type { DeepfoolRequest, DeepfoolRun } from "../engine.js";
import { argmax, candidatesFor } from "../top_classes.js";
import { laneChunks, runBackward, runForward } from "./passes.js";
import { type Program, tapesFor } from "./program.js";

/** One image's run. */
interface Run {
  readonly image: Float32Array;
  readonly candidates: Int32Array;
  readonly r: Float64Array;
  readonly before: Float64Array;
  readonly point: Float32Array;
  readonly perturbation: Float32Array;
  readonly chosen: number[];
  newLabel: number;
}

/**
 * DeepFool image by image with one forward pass an iteration: the pass that judges a point is the pass that is
 * differentiated there. The lanes carry the K - 1 differences to the class to leave, so nothing is subtracted
 * afterwards; norms are summed in float64. The same algorithm and arithmetic as the portable loop
 * (`api/deepfool_loop.ts`), whose differences are taken after rounding instead of before.
 *
 * @param programFor throws once the engine has been disposed, which may happen between iterations
 */
export async function runDeepfool(
  images: Float32Array,
  size: number,
  request: DeepfoolRequest,
  programFor: () => Program,
): Promise<DeepfoolRun> {
  const total = images.length / size;
  const checkpoint = createCheckpoint(request.signal);
  const perturbation = new Float32Array(images.length);
  const labels = new Int32Array(total);
  const newLabels = new Int32Array(total);
  const iterations = new Int32Array(total);
  const chosen: Int32Array[] = [];
  for (let n = 0; n < total; n++) {
    const run = await runImage(images.subarray(n * size, (n + 1) * size), n, request, checkpoint, programFor);
    perturbation.set(run.perturbation, n * size);
    labels[n] = run.candidates[0];
    newLabels[n] = run.newLabel;
    iterations[n] = run.chosen.length;
    chosen.push(Int32Array.from(run.chosen));
    request.onProgress?.(n + 1, total);
  }
  return { perturbation, labels, newLabels, iterations, ...(request.trace && { chosen }) };
}

async function runImage(
  image: Float32Array,
  index: number,
  request: DeepfoolRequest,
  checkpoint: () => Promise<void>,
  programFor: () => Program,
): Promise<Run> {
  const rules = PROFILES[request.profile];
  const overshot = 1 + request.overshoot;
  const factor = rules.overshootsEachStep ? overshot : 1;
  await checkpoint();
  let program = programFor();
  runForward(program, image);
  const predicted = argmax(program.logits);
  const label = request.labels?.[index] ?? predicted;
  const run: Run = {
    image,
    candidates: candidatesFor(program.logits, label, request.classes),
    r: new Float64Array(image.length),
    before: new Float64Array(image.length),
    point: image.slice(),
    perturbation: new Float32Array(image.length),
    chosen: [],
    newLabel: predicted,
  };
  const moveTo = (by: number): void =>
    writePoint(image, run.r, by, request.bounds, run.point, run.perturbation);
  const differences = new Differences(program.units);

  // The forward pass at `point` is the program's latest at the top of every round.
  while (run.newLabel === label && run.chosen.length < request.steps) {
    run.before.set(run.r);
    const taken = step(program, run, rules, request, differences);
    if (taken === 0) break;
    moveTo(factor);
    await checkpoint();
    program = programFor();
    const finite = run.point.every(Number.isFinite);
    if (finite) runForward(program, run.point);
    if (!finite || !program.logits.every(Number.isFinite)) {
      // No finite answer there: the step is undone and the image ends.
      run.r.set(run.before);
      moveTo(factor);
      break;
    }
    run.chosen.push(run.candidates[taken]);
    run.newLabel = argmax(program.logits);
  }
  if (!rules.overshootsEachStep) {
    moveTo(overshot);
    if (!run.point.every(Number.isFinite)) moveTo(factor);
    program = programFor();
    runForward(program, run.point);
    if (program.logits.every(Number.isFinite)) run.newLabel = argmax(program.logits);
  }
  return run;
}

/** Differentiates at the present forward pass and adds one step to r; returns the candidate taken, or 0. */
function step(
  program: Program,
  run: Run,
  rules: ProfileRules,
  request: DeepfoolRequest,
  w: Differences,
): number {
  const { candidates, r } = run;
  const logits = Float32Array.from(candidates, (c) => program.logits[c]);
  w.compute(program, candidates, logits, request.norm === 2 ? 2 : 1, rules);
  const chosen = chooseCandidate(rules, logits, w.norms);
  if (chosen === 0) return 0;
  const scale = stepScale(rules, request.norm, logits, chosen, w.norms[chosen]);
  if (scale === 0) return 0;
  const gradient = w.of(chosen);
  for (let i = 0; i < r.length; i++) {
    const next = r[i] + scale * (request.norm === 2 ? gradient[i] : Math.sign(gradient[i]));
    r[i] = rules.roundsPerturbation ? Math.fround(next) : next;
  }
  return chosen;
}

/** Differences w_k of a set of candidates, of which only the nearest so far is kept. */
class Differences {
  /** `||w_k||_q`, the first unused. */
  norms = new Float64Array(0);
  private readonly kept: Float32Array;
  private keptCandidate = 0;

  constructor(units: number) {
    this.kept = new Float32Array(units);
  }

  compute(
    program: Program,
    candidates: Int32Array,
    logits: Float32Array,
    order: 1 | 2,
    rules: ProfileRules,
  ): void {
    const { units } = program;
    this.norms = new Float64Array(candidates.length);
    this.keptCandidate = 0;
    const others = candidates.subarray(1);
    for (const { first, count } of laneChunks(others.length)) {
      const tapes = tapesFor(program, count);
      runBackward(program, others.subarray(first, first + count), candidates[0], tapes);
      program.run(order === 2 ? tapes.squareSums : tapes.absoluteSums);
      const lanes = tapes.stride;
      for (let k = 0; k < count; k++) {
        let sum = 0;
        for (let at = k; at < Math.ceil(units / 1024) * lanes; at += lanes) sum += program.partials[at];
        this.norms[first + 1 + k] = order === 2 ? Math.sqrt(sum) : sum;
      }
      // Only candidates of finished passes have norms; the others stay 0 and are passed over.
      const nearest = chooseCandidate(rules, logits.subarray(0, first + 1 + count), this.norms);
      if (nearest <= first) continue;
      this.keptCandidate = nearest;
      const { gradient } = program;
      for (let i = 0, at = nearest - 1 - first; i < units; i++, at += lanes) this.kept[i] = gradient[at];
    }
  }

  /** w of the nearest candidate. */
  of(candidate: number): Float32Array {
    if (candidate !== this.keptCandidate)
      throw new Error(`deepfool: candidate ${candidate} was not kept (${this.keptCandidate} was)`);
    return this.kept;
  }
}
