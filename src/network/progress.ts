/** What making an engine of a model takes, in this order; see {@link CompileProgress}. */
export type CompileStage = "read" | "import" | "plan" | "weights" | "workers" | "shaders" | "check";

/**
 * How far `compile` or `loadModel` has come. Of a stage `done` never falls, and its last event has `done === total`; the stages
 * come one after the other, those that there is nothing to do in are left out:
 *
 * - "read": bytes of the model's files. `total` grows where the first file names others, and is undefined before that, and where a
 *   server does not say how much it sends
 * - "import": the network, from what was read
 * - "plan": what the engine will run, and what it runs on
 * - "weights": bytes of weights, packed into the engine's memory or sent to the device
 * - "workers": threads that have started
 * - "shaders": pipelines that the device has compiled
 * - "check": a first image of noise, for `warnings`
 *
 * What has to be done again is told again, from "plan" on: by backend "auto" where WebGPU fails after all, by "wasm" where memory
 * is short or workers are forbidden.
 */
export interface CompileProgress {
  readonly stage: CompileStage;
  readonly done: number;
  readonly total?: number;
}

/** Tells how far a stage is. */
export type Tell = (stage: CompileStage, done: number, total?: number) => void;

/** What a callback threw, which is no error of whatever called it: nothing is tried again, or said differently, because of it. */
export class CallbackFailed {
  constructor(readonly cause: unknown) {}
}

/**
 * Does some work that tells `onProgress` how far it is.
 *
 * @throws what the callback throws, which ends the work
 */
export async function telling<T>(
  onProgress: ((progress: CompileProgress) => void) | undefined,
  work: (tell: Tell | undefined) => Promise<T>,
): Promise<T> {
  if (!onProgress) return work(undefined);
  let last: CompileProgress | undefined;
  let failed: CallbackFailed | undefined;
  let over = false;
  try {
    return await work((stage, done, total) => {
      if (failed) throw failed;
      // What began side by side may end after the whole has failed.
      if (over || (last && last.stage === stage && last.done === done && last.total === total)) return;
      last = { stage, done, total };
      try {
        onProgress(last);
      } catch (error) {
        failed = new CallbackFailed(error);
        throw failed;
      }
    });
  } catch (error) {
    throw error instanceof CallbackFailed ? error.cause : error;
  } finally {
    over = true;
  }
}

/** Tells how much of so many bytes is done, a hundred times at most, and begins with none. */
export function counting(
  tell: Tell | undefined,
  stage: CompileStage,
  total: number,
): ((more: number) => void) | undefined {
  if (!tell) return undefined;
  let [done, told] = [0, 0];
  tell(stage, 0, total);
  return (more) => {
    done += more;
    if (done < total && done - told < total / 100) return;
    told = done;
    tell(stage, done, total);
  };
}
