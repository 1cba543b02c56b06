import type { Preprocessing } from "../worker/protocol.js";

/** What models expect of pixels. "file": as far as the file says. */
export const PRESETS = {
  file: { label: "As the file says, else 0 to 1" },
  unit: { label: "0 to 1", mean: 0, std: 1 },
  signed: { label: "−1 to 1", mean: 0.5, std: 0.5 },
  bytes: { label: "0 to 255", mean: 0, std: 1 / 255 },
  imagenet: {
    label: "ImageNet's mean and deviation",
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
  custom: { label: "Another mean and deviation" },
} as const satisfies Readonly<Record<string, { readonly label: string } & Partial<Preprocessing>>>;

export type PresetName = keyof typeof PRESETS;

/**
 * What to hand to the engine; undefined: what the file says.
 *
 * @throws for a mean or deviation that is no list of numbers
 */
export function preprocessingOf(name: PresetName, mean: string, std: string): Preprocessing | undefined {
  const preset = PRESETS[name];
  if ("mean" in preset) return { mean: preset.mean, std: preset.std };
  if (name === "file") return undefined;
  return { mean: numbers("mean", mean), std: numbers("deviation", std) };
}

function numbers(what: string, text: string): number[] {
  const found = text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);
  if (found.length === 0 || !found.every(Number.isFinite))
    throw new Error(
      `The ${what} "${text}" is no number: write one, or one a channel, such as 0.485, 0.456, 0.406.`,
    );
  return found;
}
