import type { DeepfoolRequest, Engine } from "../../engines/engine.js";
import { asPartOf, assertNumbers, type Place } from "../../engines/not_a_number.js";
import { EngineError } from "../../errors.js";
import { argmax } from "../../kernels/top_classes/reference.js";
import { sizeOf } from "../../network/spec.js";
import { runDeepfool } from "../deepfool.js";
import { gradient } from "../gradient.js";
import type { Answer, Question } from "./question.js";

/** A question with what the engine must know of the image that asks. */
export interface Asked {
  readonly question: Question;
  /** Of the image in the whole call. */
  readonly index: number;
  /** The prediction at the image, to leave; of a search that does not know it yet, any. */
  readonly label: number;
  /** Steps taken so far, for errors; undefined: those of the DeepFool run. */
  readonly steps?: number;
}

/** What does not differ between images. */
export interface Common {
  readonly caller: string;
  readonly engine: Engine;
  /** How DeepFool runs, but for the labels. */
  readonly deepfool: DeepfoolRequest;
  readonly signal: AbortSignal | undefined;
}

/** float32 values of Jacobians that are held at a time: 64 MiB. */
const ROOM = 2 ** 24;

/**
 * Answers the questions, which are all of one kind, in their order.
 *
 * @throws NotANumber if a logit is NaN
 */
export async function answersTo(common: Common, asked: readonly Asked[]): Promise<Answer[]> {
  const { engine, caller } = common;
  const size = sizeOf(engine.inputShape);
  const points = gather(asked, size);
  const placeOf: Place = (n) => ({ image: asked[n].index, steps: asked[n].steps });
  const answers = await asPartOf(caller, placeOf, () => answer(common, asked, points));
  answers.forEach((a, n) => {
    if ("logits" in a) assertNumbers(caller, a.logits, engine.classes, () => placeOf(n));
  });
  return answers;
}

async function answer(common: Common, asked: readonly Asked[], points: Float32Array): Promise<Answer[]> {
  switch (asked[0].question.ask) {
    case "scores":
      return scores(common, points);
    case "slope":
      return slopes(common, asked, points);
    case "rows":
      return rows(common, asked, points);
    case "deepfool":
      return deepfools(common, asked, points);
  }
}

async function scores({ engine, signal }: Common, points: Float32Array): Promise<Answer[]> {
  const { logits } = await engine.logits(points, signal && { signal });
  const count = points.length / sizeOf(engine.inputShape);
  checkLength(engine, "logits", logits, count * engine.classes);
  return Array.from({ length: count }, (_, n) => labelled(logits, n, engine.classes));
}

/** Images with a target and images without go apart. */
async function slopes(
  { engine, caller, signal }: Common,
  asked: readonly Asked[],
  points: Float32Array,
): Promise<Answer[]> {
  const size = sizeOf(engine.inputShape);
  const targets = asked.map(({ question }) => ("target" in question ? question.target : undefined));
  const answers: Answer[] = [];
  for (const targeted of [false, true]) {
    const alike = [...asked.keys()].filter((n) => (targets[n] !== undefined) === targeted);
    if (alike.length === 0) continue;
    const labels = alike.map((n) => targets[n] ?? asked[n].label);
    const given = { loss: "margin", labels, targeted, kappa: Infinity, ...(signal && { signal }) } as const;
    const { values, logits, losses } = await asPartOf(caller, placesIn(alike), () =>
      gradient(engine, some(points, alike, size), given),
    );
    checkLength(engine, "gradient", values, alike.length * size);
    checkLength(engine, "gradient", logits, alike.length * engine.classes);
    alike.forEach((n, at) => {
      answers[n] = {
        ...labelled(logits, at, engine.classes),
        margin: losses[at],
        w: values.subarray(at * size, (at + 1) * size),
      };
    });
  }
  return answers;
}

/** Which of the questions an image of a part is. */
function placesIn(places: readonly number[]): Place {
  return (n) => ({ image: places[n] });
}

/** Points by their places. */
function some(points: Float32Array, places: readonly number[], size: number): Float32Array {
  const chosen = new Float32Array(places.length * size);
  places.forEach((n, at) => {
    chosen.set(points.subarray(n * size, (n + 1) * size), at * size);
  });
  return chosen;
}

/** Images that ask for equally many classes go together, as many as there is room for. */
async function rows(
  { engine, caller, signal }: Common,
  asked: readonly Asked[],
  points: Float32Array,
): Promise<Answer[]> {
  const size = sizeOf(engine.inputShape);
  const classesOf = ({ question }: Asked) => ("classes" in question ? question.classes : new Int32Array());
  const answers: Answer[] = [];
  for (const count of new Set(asked.map((a) => classesOf(a).length))) {
    const alike = [...asked.keys()].filter((n) => classesOf(asked[n]).length === count);
    const most = Math.max(1, Math.floor(ROOM / (count * size)));
    for (let from = 0; from < alike.length; from += most) {
      const part = alike.slice(from, from + most);
      const classes = Int32Array.from(part.flatMap((n) => [...classesOf(asked[n])]));
      const { values } = await asPartOf(caller, placesIn(part), () =>
        engine.jacobian(some(points, part, size), { classes, ...(signal && { signal }) }),
      );
      checkLength(engine, "jacobian", values, classes.length * size);
      part.forEach((n, at) => {
        answers[n] = { rows: values.subarray(at * count * size, (at + 1) * count * size) };
      });
    }
  }
  return answers;
}

async function deepfools(
  { engine, deepfool, signal }: Common,
  asked: readonly Asked[],
  points: Float32Array,
): Promise<Answer[]> {
  const size = sizeOf(engine.inputShape);
  const labels = Int32Array.from(asked, ({ label }) => label);
  const run = await runDeepfool(engine, points, { ...deepfool, labels, ...(signal && { signal }) });
  return asked.map((_, n) => ({
    perturbation: run.perturbation.subarray(n * size, (n + 1) * size),
    adversarial: run.adversarial.subarray(n * size, (n + 1) * size),
    label: run.newLabels[n],
    iterations: run.iterations[n],
  }));
}

/** Scores of one image of a batch; the label is of these very logits. */
function labelled(all: Float32Array, n: number, classes: number) {
  const logits = all.subarray(n * classes, (n + 1) * classes);
  return { logits, label: argmax(logits) };
}

function gather(asked: readonly Asked[], size: number): Float32Array {
  const points = new Float32Array(asked.length * size);
  asked.forEach(({ question }, n) => {
    points.set(question.point, n * size);
  });
  return points;
}

function checkLength(engine: Engine, method: string, values: Float32Array, needed: number): void {
  if (!(values instanceof Float32Array) || values.length < needed)
    throw new EngineError(
      `${method}: engine "${engine.backend}" returned ${values?.length ?? "no"} values, expected ${needed}`,
    );
}
