import { computed, effect, signal, untracked } from "@preact/signals";
import type { CompileProgress } from "unifool";
import { latest, startWorker } from "../worker/client.js";
import type {
  LoadedImages,
  Look,
  LookRequest,
  ModelInfo,
  OpenRequest,
  Pictures,
} from "../worker/protocol.js";
import {
  BUNDLED_CLASSES,
  BUNDLED_IMAGES,
  BUNDLED_PREPROCESSING,
  bundledModel,
  bundledPictures,
} from "./bundled.js";
import { type Sorted, sortFiles } from "./files.js";
import { preprocessingOf } from "./preprocessing.js";
import { baseline, follow, forget, points, runState } from "./run_state.js";
import { change, settings } from "./settings.js";
import { words } from "./words.js";

/** Something that takes a while to come, and may not. */
export type Loading<T> =
  | { readonly state: "none" }
  | { readonly state: "busy" }
  | { readonly state: "ready"; readonly value: T }
  | { readonly state: "failed"; readonly message: string };

/** Files of one's own. */
export const ownModel = signal<readonly File[]>([]);
export const ownNames = signal<readonly string[] | undefined>(undefined);
export const ownPictures = signal<readonly File[]>([]);
/** Of a model to try v on that it was not crafted for. */
export const otherModel = signal<readonly File[]>([]);

/** What files can be dropped as. */
export const ZONES = ["model", "pictures", "other"] as const;
export type Zone = (typeof ZONES)[number];

export const model = signal<Loading<ModelInfo>>({ state: "none" });
/** How far the model is, while it is busy. */
export const opening = signal<CompileProgress | undefined>(undefined);
export const images = signal<Loading<LoadedImages>>({ state: "none" });
/** What the gallery shows. */
export const shown = signal<Look | undefined>(undefined);
export const request = signal<LookRequest>({ part: "unseen", strength: 1, only: "all", most: 12 });

export const worker = startWorker({
  opening: (progress) => {
    opening.value = progress;
  },
  progress: follow,
  rate: (point) => {
    points.value = [...points.value, point];
  },
  baseline: (point) => {
    baseline.value = point;
  },
});

/** As many images as there are to craft on: of one's own, the last fifth is kept to judge v by. */
export const available = computed(() =>
  settings.value.images === "bundled" ? BUNDLED_IMAGES : ownPictures.value.length,
);
export const usual = computed(() =>
  settings.value.images === "bundled"
    ? BUNDLED_IMAGES
    : Math.min(500, Math.max(1, Math.ceil(available.value * 0.8))),
);
export const count = computed(() => Math.min(settings.value.count || usual.value, available.value));

/** The default radius: 10 levels, or as much a pixel as 2000 at 224 x 224 x 3. */
export const usualRadius = computed(() => {
  if (settings.value.norm === "inf") return 10;
  const shape = model.value.state === "ready" ? model.value.value.inputShape : [32, 32, 3];
  const values = shape.reduce((product, n) => product * n, 1);
  return Math.round(2000 * Math.sqrt(values / (224 * 224 * 3)));
});
export const radius = computed(() => settings.value.radius || usualRadius.value);

const openLatest = latest((chosen: OpenRequest) => worker.ask("open", chosen));
const loadLatest = latest((chosen: { pictures: Pictures; count: number }) => worker.ask("load", chosen));
const lookLatest = latest((chosen: LookRequest) => worker.ask("look", chosen));

/** How often another model or other images were asked for: what an earlier wish comes to is of no interest. */
let wishes = 0;

async function open(): Promise<void> {
  const wish = ++wishes;
  const chosen = settings.value;
  const own = chosen.model === "own";
  clearRun();
  images.value = { state: "none" };
  if (own && ownModel.value.length === 0) {
    model.value = { state: "none" };
    return;
  }
  opening.value = undefined;
  model.value = { state: "busy" };
  try {
    const files = own ? ownModel.value : await bundledModel();
    if (wish !== wishes) return;
    const info = await openLatest({
      files,
      engine: chosen.engine,
      deterministic: chosen.deterministic,
      preprocessing: own
        ? preprocessingOf(chosen.preprocessing, chosen.mean, chosen.std)
        : BUNDLED_PREPROCESSING,
      size: own ? chosen.size : 0,
      output: own ? chosen.output : "",
      classNames: own ? ownNames.value : BUNDLED_CLASSES,
    });
    if (!info || wish !== wishes) return;
    model.value = { state: "ready", value: info };
    await load();
  } catch (error) {
    if (wish !== wishes) return;
    model.value = { state: "failed", message: words(error) };
  }
}

async function load(): Promise<void> {
  if (model.value.state !== "ready") return;
  const wish = ++wishes;
  clearRun();
  const own = settings.value.images === "own";
  if (own && ownPictures.value.length === 0) {
    images.value = { state: "none" };
    return;
  }
  images.value = { state: "busy" };
  try {
    const pictures: Pictures = own ? { kind: "files", files: ownPictures.value } : bundledPictures();
    const loaded = await loadLatest({ pictures, count: count.value });
    if (!loaded || wish !== wishes) return;
    images.value = { state: "ready", value: loaded };
    request.value = { part: loaded.unseen > 0 ? "unseen" : "crafting", strength: 1, only: "all", most: 12 };
  } catch (error) {
    if (wish !== wishes) return;
    images.value = { state: "failed", message: words(error) };
  }
}

function clearRun(): void {
  runState.value = "idle";
  forget();
  shown.value = undefined;
}

/** Shows what the gallery asks for, anew after a run. */
async function refresh(chosen: LookRequest): Promise<void> {
  const look = await lookLatest(chosen).catch(() => undefined);
  if (look) shown.value = look;
}

/** Takes files of any kind: pictures, a model, names of classes, archives of them. */
export async function takeFiles(files: readonly File[], as?: Zone): Promise<void> {
  if (files.length === 0) return;
  if (as === "other") {
    otherModel.value = files;
    return;
  }
  try {
    const sorted: Sorted = await sortFiles(files);
    const pictures = as === "pictures" ? [...sorted.pictures, ...sorted.model] : sorted.pictures;
    const found = as === "pictures" ? [] : sorted.model;
    if (sorted.classNames) ownNames.value = sorted.classNames;
    if (found.length > 0) {
      ownModel.value = found;
      change({ model: "own" });
    }
    if (pictures.length > 0 && as !== "model") {
      ownPictures.value = pictures;
      change({ images: "own", count: 0 });
    }
    if (as === "model" && found.length === 0 && pictures.length > 0)
      model.value = { state: "failed", message: `${files[0].name} is a picture: drop it under Images.` };
  } catch (error) {
    if (as === "pictures") images.value = { state: "failed", message: words(error) };
    else model.value = { state: "failed", message: words(error) };
  }
}

/** Opens the model and loads the images whenever another choice is made. */
export function start(): void {
  const modelKey = computed(() => {
    const { model, engine, deterministic, preprocessing, mean, std, size, output } = settings.value;
    const own = model === "own" && [preprocessing, mean, std, size, output, ownModel.value, ownNames.value];
    return [model, engine, deterministic, own] as const;
  });
  const imagesKey = computed(() => [settings.value.images, count.value, ownPictures.value] as const);
  onChange(modelKey, open);
  onChange(imagesKey, load);
  effect(() => {
    const chosen = request.value;
    const ready = images.value.state === "ready" && (runState.value === "idle" || runState.value === "done");
    if (ready) untracked(() => void refresh(chosen));
  });
}

/** Runs `act` at first and whenever a part of the value is another one, soon after the last change. */
function onChange(value: { readonly value: readonly unknown[] }, act: () => Promise<void>): void {
  let before: readonly unknown[] | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flat = (list: readonly unknown[]): unknown[] =>
    list.flatMap((part) => (Array.isArray(part) && !(part[0] instanceof File) ? flat(part) : [part]));
  effect(() => {
    const parts = flat(value.value);
    if (before && parts.length === before.length && parts.every((part, i) => part === before?.[i])) return;
    const wait = before ? 150 : 0;
    before = parts;
    clearTimeout(timer);
    timer = setTimeout(() => void act(), wait);
  });
}
