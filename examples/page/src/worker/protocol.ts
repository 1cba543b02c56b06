/** What the page asks of the worker that computes, and what it hears from it. */
import type { CompileProgress, UniversalOptions, UniversalPass } from "unifool";

export type EngineName = "auto" | "wasm" | "webgpu";

/** How pixels of 0 to 255 become what the model was trained on: `(pixel / 255 - mean) / std`. */
export interface Preprocessing {
  readonly mean: number | readonly number[];
  readonly std: number | readonly number[];
}

export interface OpenRequest {
  /** The files of one model. */
  readonly files: readonly File[];
  readonly engine: EngineName;
  /** Undefined: as far as the file says. */
  readonly preprocessing?: Preprocessing;
  /** Height and width, for a model that leaves them open. */
  readonly size?: number;
  /** Name of the class scores, for a model with several outputs. */
  readonly output?: string;
  /** The same result on every machine. */
  readonly deterministic: boolean;
  /** Names of the classes, where the model brings none. */
  readonly classNames?: readonly string[];
}

export interface ModelInfo {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly classes: number;
  /** One for each. */
  readonly classNames: readonly string[];
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** What runs: "WebAssembly, 2 threads". */
  readonly engine: string;
  /** What "auto" took, and why. */
  readonly choice?: string;
  readonly preprocessing: Preprocessing;
  readonly warnings: readonly string[];
  /** SHA-256 of the files, where the page may compute it. */
  readonly sha256?: string;
}

/** Pictures of one size, back to back, bytes `[N][height][width][channels]`; or files. */
export type Pictures =
  | {
      readonly kind: "bundled";
      readonly crafting: string;
      readonly unseen: string;
      readonly shape: readonly [number, number, number];
    }
  | { readonly kind: "files"; readonly files: readonly File[] };

export interface LoadRequest {
  readonly pictures: Pictures;
  /** How many to craft on; of the others at most 200 are kept to judge v by. */
  readonly count: number;
}

export interface LoadedImages {
  readonly crafting: number;
  readonly unseen: number;
  /** Files that could not be decoded. */
  readonly broken: readonly string[];
}

/** Which images. */
export type Part = "crafting" | "unseen";

/** Options of `universalPerturbation`, whatever it takes. */
export type CraftOptions = Omit<UniversalOptions, "signal" | "onProgress" | "initial">;

/** How far a run has come. */
export interface Progress {
  /** v, amplified `scale` times. */
  readonly picture: ImageData;
  readonly scale: number;
  readonly pass: number;
  readonly passes: number;
  readonly updates: number;
  /** Images dealt with, of all passes together, and how many these are at most. */
  readonly done: number;
  readonly total: number;
  /** Lately. */
  readonly imagesPerSecond: number;
  /** Seconds, pauses left out; and at most to go. */
  readonly elapsed: number;
  readonly remaining?: number;
}

/**
 * A fooling rate, measured on so many images after so many seconds. Where v aims at a class: the share of images that are
 * taken for it, of those that are not without v.
 */
export interface RatePoint {
  readonly seconds: number;
  readonly rate: number;
  readonly images: number;
}

export interface CraftResult {
  readonly cancelled: boolean;
  /** v, amplified `scale` times. */
  readonly picture: ImageData;
  readonly scale: number;
  readonly norm: 2 | typeof Infinity;
  readonly radius: number;
  readonly largest: number;
  readonly rate?: number;
  readonly seconds: number;
  readonly history: readonly UniversalPass[];
  /** First 16 hex digits of SHA-256 of v, where the page may compute it. */
  readonly hash?: string;
}

/** One image as it is and with v. */
export interface Card {
  readonly index: number;
  readonly clean: ImageData;
  readonly perturbed?: ImageData;
  readonly before: Prediction;
  readonly after?: Prediction;
  readonly fooled: boolean;
}

export interface Prediction {
  readonly name: string;
  /** Softmax of the logits. */
  readonly confidence: number;
}

export interface LookRequest {
  readonly part: Part;
  /** What v is multiplied by. */
  readonly strength: number;
  /** Which of the images to show, and how many. */
  readonly only: "all" | "fooled" | "held";
  readonly most: number;
}

export interface Look {
  readonly images: number;
  /** Undefined before there is a v. */
  readonly fooled?: number;
  /** Where v aims at a class: how many are taken for it, of how many that are not without v. */
  readonly reached?: { readonly images: number; readonly of: number };
  readonly cards: readonly Card[];
}

/** A file to save. */
export interface Saved {
  readonly name: string;
  readonly blob: Blob;
  /** What to say of it. */
  readonly note: string;
}

export interface Filtered {
  readonly name: string;
  readonly fooled: number;
  readonly images: number;
}

/** What can be asked. */
export interface Calls {
  open(request: OpenRequest): ModelInfo;
  load(request: LoadRequest): LoadedImages;
  craft(options: CraftOptions): CraftResult;
  pause(): void;
  resume(): void;
  cancel(): void;
  look(request: LookRequest): Look;
  /** How many images v still fools after each of some filters. */
  filters(request: { readonly part: Part; readonly strength: number }): readonly Filtered[];
  /** A frame of a camera, without and with v. */
  frame(request: { readonly bitmap: ImageBitmap; readonly strength: number }): Card;
  /** How many images v fools another model on. */
  transfer(request: {
    readonly model: OpenRequest;
    readonly part: Part;
    readonly strength: number;
  }): Filtered;
  saveNpy(): Saved;
  savePicture(): Saved;
  saveAdversarial(request: { readonly part: Part; readonly strength: number }): Saved;
}

/** What is heard meanwhile. */
export interface Events {
  /** How far the model is that is opened. */
  opening: CompileProgress;
  progress: Progress;
  rate: RatePoint;
  /** Rate of a random perturbation of the same norm. */
  baseline: RatePoint;
}

export type Ask = {
  readonly [Name in keyof Calls]: {
    readonly id: number;
    readonly call: Name;
    readonly request: Parameters<Calls[Name]>[0];
  };
}[keyof Calls];

export type Heard =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } }
  | { readonly [Name in keyof Events]: { readonly event: Name; readonly value: Events[Name] } }[keyof Events];
