import { signal } from "@preact/signals";
import type { UniversalMethod } from "unifool";
import type { EngineName } from "../worker/protocol.js";
import type { PresetName } from "./preprocessing.js";

/** All that can be chosen, but for files. */
export interface Settings {
  readonly model: "demo" | "own";
  readonly images: "bundled" | "own";
  /** How many images to craft on; 0: as many as there are, or useful. */
  readonly count: number;
  readonly engine: EngineName;
  /** Without fused multiply-add: the same v on every machine. */
  readonly deterministic: boolean;
  /** What one's own model expects of pixels. */
  readonly preprocessing: PresetName;
  /** Of "custom", of pixels scaled to 0 to 1; one number, or one a channel. */
  readonly mean: string;
  readonly std: string;
  /** Height and width for a model that leaves them open; 0: as the model says. */
  readonly size: number;
  /** Name of the class scores, for a model with several outputs; empty: it has one. */
  readonly output: string;
  readonly method: UniversalMethod;
  /** The class that images shall be taken for, by number; -1: any other than their own. */
  readonly targetClass: number;
  /** How often v repeats a patch in each direction. */
  readonly tile: number;
  readonly dataFree: boolean;
  readonly norm: "inf" | "2";
  /** In levels of 0 to 255; 0: the default of the norm. */
  readonly radius: number;
  readonly passes: number;
  /** Percentage of fooled images to stop at. */
  readonly target: number;
  readonly seed: number;
  readonly clip: boolean;
}

export const DEFAULTS: Settings = {
  model: "demo",
  images: "bundled",
  count: 0,
  engine: "auto",
  deterministic: false,
  preprocessing: "file",
  mean: "0.5",
  std: "0.5",
  size: 0,
  output: "",
  method: "momentum",
  targetClass: -1,
  tile: 1,
  dataFree: false,
  norm: "inf",
  radius: 0,
  passes: 0,
  target: 100,
  seed: 0,
  clip: true,
};

/** What a link may say of each; anything else is as if it said nothing. */
const LEGAL: { readonly [Key in keyof Settings]: (value: Settings[Key]) => boolean } = {
  model: (value) => ["demo", "own"].includes(value),
  images: (value) => ["bundled", "own"].includes(value),
  count: (value) => isCount(value, 1e6),
  engine: (value) => ["auto", "wasm", "webgpu"].includes(value),
  deterministic: () => true,
  preprocessing: (value) => ["file", "unit", "signed", "bytes", "imagenet", "custom"].includes(value),
  mean: (value) => value.length < 80,
  std: (value) => value.length < 80,
  size: (value) => isCount(value, 4096),
  output: (value) => value.length < 200,
  method: (value) => ["momentum", "deepfool", "sgd", "sga"].includes(value),
  targetClass: (value) => isCount(value, 1e6),
  tile: (value) => value > 0 && isCount(value, 4096),
  dataFree: () => true,
  norm: (value) => ["inf", "2"].includes(value),
  radius: (value) => value >= 0 && value < 1e6,
  passes: (value) => isCount(value, 1000),
  target: (value) => value >= 1 && value <= 100,
  seed: (value) => isCount(value, Number.MAX_SAFE_INTEGER),
  clip: () => true,
};

export const settings = signal<Settings>(DEFAULTS);

export function change(part: Partial<Settings>): void {
  settings.value = { ...settings.value, ...part };
}

/** What differs from the defaults, as the part of a link after the #. */
export function hashOf(chosen: Settings): string {
  const entries = (Object.keys(DEFAULTS) as (keyof Settings)[])
    .filter((key) => chosen[key] !== DEFAULTS[key])
    .map((key) => [key, String(chosen[key])]);
  return new URLSearchParams([...entries, ["run", "1"]]).toString();
}

/** The settings that such a link stands for, and whether it asks to run. */
export function settingsOf(hash: string): { readonly settings: Settings; readonly run: boolean } {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const found: Record<string, unknown> = {};
  for (const key of Object.keys(DEFAULTS) as (keyof Settings)[]) {
    const text = given.get(key);
    if (text === null) continue;
    const value = parsed(text, DEFAULTS[key]);
    if ((LEGAL[key] as (value: unknown) => boolean)(value)) found[key] = value;
  }
  return { settings: { ...DEFAULTS, ...found }, run: given.get("run") === "1" };
}

function parsed(text: string, like: Settings[keyof Settings]): Settings[keyof Settings] {
  if (typeof like === "number") return Number(text);
  return typeof like === "boolean" ? text === "true" : text;
}

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}
