import {
  type PartialUniversalResult,
  UniversalAbortedError,
  type UniversalProgress,
  universalPerturbation,
} from "unifool";
import { perturbationPicture } from "unifool/images";
import { Clock } from "./clock.js";
import { gated } from "./gated.js";
import { sha256 } from "./model.js";
import { Pace } from "./pace.js";
import type { Calls, CraftOptions, CraftResult, Events } from "./protocol.js";
import { Rates, randomPerturbation } from "./rates.js";
import { type Session, sizeOf } from "./session.js";

type Emit = <Name extends keyof Events>(event: Name, value: Events[Name]) => void;

/** Milliseconds between two pictures of v. */
const PICTURE_EVERY = 60;

type Answers = {
  craft(options: CraftOptions): Promise<CraftResult>;
} & Pick<Calls, "pause" | "resume" | "cancel">;

/** Crafting, one run at a time, and what can be done to it meanwhile. */
export function crafting(session: Session, emit: Emit): Answers {
  let clock: Clock | undefined;
  let controller: AbortController | undefined;
  return {
    pause: () => clock?.pause(),
    resume: () => clock?.resume(),
    cancel() {
      controller?.abort();
      clock?.resume();
    },
    async craft(options) {
      clock = new Clock();
      controller = new AbortController();
      return craft(session, options, emit, clock, controller.signal);
    },
  };
}

async function craft(
  session: Session,
  options: CraftOptions,
  emit: Emit,
  clock: Clock,
  signal: AbortSignal,
): Promise<CraftResult> {
  const { net } = session;
  const crafted = session.part("crafting");
  const { norm = Infinity, radius = 10, clip = false, target } = options;
  session.v = undefined;
  session.clip = clip;
  session.target = target;

  const rates = new Rates(net, crafted, clip, target);
  const random = randomPerturbation(sizeOf(net.inputShape), norm, radius);
  emit("baseline", { seconds: 0, rate: await rates.measure(random), images: rates.count });
  emit("rate", { seconds: 0, rate: 0, images: rates.count });

  let v: Float32Array | undefined;
  const before = async () => {
    await clock.running();
    if (signal.aborted || !v) return;
    const point = await rates.due(clock.seconds, v);
    if (point) emit("rate", point);
  };
  const pace = new Pace();
  let drawnAt = 0;
  const onProgress = (progress: UniversalProgress) => {
    v = progress.perturbation;
    const last = progress.image === progress.images;
    if (performance.now() - drawnAt < PICTURE_EVERY && !last) return;
    const { pass, passes, updates, image, images } = progress;
    const at = pace.at((pass - 1) * images + image, passes * images, clock.seconds);
    emit("progress", { ...draw(session, v, norm, radius), pass, passes, updates, ...at });
    drawnAt = performance.now();
  };

  const result = await universalPerturbation(gated(net, before), crafted.images, {
    ...options,
    signal,
    onProgress,
  }).catch((error: unknown): PartialUniversalResult => {
    if (error instanceof UniversalAbortedError && error.result.perturbation.some((x) => x !== 0))
      return error.result;
    throw error;
  });
  const { perturbation } = result;
  const rate = result.foolingRate ?? (await rates.measure(perturbation));
  emit("rate", { seconds: clock.seconds, rate, images: rates.count });
  session.v = perturbation;
  return {
    cancelled: signal.aborted,
    ...draw(session, perturbation, norm, radius),
    norm: result.norm,
    radius: result.radius,
    largest: perturbation.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
    rate,
    seconds: clock.seconds,
    history: result.history,
    hash: (await sha256(perturbation.slice().buffer))?.slice(0, 16),
  };
}

/** Levels around grey that the largest value of v is drawn at. */
const CONTRAST = 80;

/** v as a picture; at first it is drawn fainter, so that it is seen to grow. */
function draw(session: Session, v: Float32Array, norm: number, radius: number) {
  const largest = v.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const least = norm === Infinity ? radius / 4 : (4 * radius) / Math.sqrt(v.length);
  const scale = Math.max(1, Math.round((10 * CONTRAST) / Math.max(largest, least)) / 10);
  const { imageData } = perturbationPicture(v, session.net.inputShape, { range: [0, 255], scale });
  return { picture: imageData, scale };
}
