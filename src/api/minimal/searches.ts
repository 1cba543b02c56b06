import { createCheckpoint } from "../../engines/checkpoint.js";
import { answersTo, type Common } from "./answers.js";
import type { Answer, Question, Search } from "./question.js";
import type { Trail } from "./trail.js";

/** The search of one image of a call. */
export interface ImageSearch<T> {
  readonly index: number;
  readonly trail: Trail;
  readonly search: Search<T>;
}

/** Runs the searches of `count` images, as many at a time as `width`, and answers what they ask in batches. */
export async function runSearches<T>(
  common: Common,
  count: number,
  width: number,
  begin: (index: number) => ImageSearch<T>,
  onEnd: (of: ImageSearch<T>, outcome: T, done: number) => void,
): Promise<void> {
  const checkpoint = createCheckpoint(common.signal);
  let live: { readonly of: ImageSearch<T>; readonly question: Question }[] = [];
  let [next, done] = [0, 0];
  const advance = (of: ImageSearch<T>, answer?: Answer) => {
    // A generator's first resumption takes no answer.
    const step = of.search.next(answer as Answer);
    if (step.done) onEnd(of, step.value, ++done);
    else live.push({ of, question: step.value });
  };
  for (;;) {
    while (live.length < width && next < count) advance(begin(next++));
    if (live.length === 0) return;
    const asking = live;
    live = [];
    for (const kind of KINDS) {
      const alike = asking.filter(({ question }) => question.ask === kind);
      if (alike.length === 0) continue;
      await checkpoint();
      const asked = alike.map(({ of: { index, trail }, question }) => ({
        ...{ index, question, label: trail.label },
        // A DeepFool run counts its own.
        ...(kind !== "deepfool" && { steps: trail.iterations }),
      }));
      const answers = await answersTo(common, asked);
      alike.forEach(({ of }, n) => {
        advance(of, answers[n]);
      });
    }
  }
}

const KINDS: readonly Question["ask"][] = ["scores", "slope", "rows", "deepfool"];
