import { type DeepfoolResult, sizeOf } from "../../index.js";
import type { ImageSet } from "../../node.js";
import type { Console } from "../console.js";
import { normName, short } from "../format.js";

/** A class as a report tells it. */
export interface NamedClass {
  readonly class: number;
  readonly name: string;
}

/** What became of one image. */
export interface ImageResult {
  /** Name of the file, or the image's number in a file of several. */
  readonly file: string;
  /** What the model takes it for, and the perturbed one. */
  readonly before: NamedClass;
  readonly after: NamedClass;
  /** Of the perturbation, in pixel units. */
  readonly norm: number;
  readonly iterations: number;
  readonly succeeded: boolean;
  /** What the model takes the saved picture for, where there is one. */
  readonly saved?: NamedClass;
}

type Found = Pick<DeepfoolResult, "perturbation" | "labels" | "newLabels" | "iterations" | "succeeded">;

/**
 * The result of each image of a set, in order.
 *
 * @param norm 2 or Infinity
 * @param saved predictions on the pictures that were saved, `[N]`
 */
export function imageResults(
  set: ImageSet,
  { perturbation, labels, newLabels, iterations, succeeded }: Found,
  { norm, names, saved }: { norm: number; names: readonly string[]; saved?: Int32Array },
): ImageResult[] {
  const size = sizeOf(set.shape);
  const named = (label: number): NamedClass => ({ class: label, name: names[label] });
  return Array.from({ length: set.count }, (_, n) => ({
    file: set.files?.[n] ?? `image ${n}`,
    before: named(labels[n]),
    after: named(newLabels[n]),
    norm: lengthOf(perturbation.subarray(n * size, (n + 1) * size), norm),
    iterations: iterations[n],
    succeeded: succeeded[n] === 1,
    ...(saved && { saved: named(saved[n]) }),
  }));
}

/** The norm of a vector: 2 or Infinity. */
export function lengthOf(values: Float32Array, norm: number): number {
  return norm === Infinity
    ? values.reduce((max, v) => Math.max(max, Math.abs(v)), 0)
    : Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
}

/** Prints a row for each image, under a heading. */
export function printResults(results: readonly ImageResult[], norm: number, console: Console): void {
  const hasSaved = results.some(({ saved }) => saved !== undefined);
  const heading = ["image", "before", "after", normName(norm), "fooled", ...(hasSaved ? ["as saved"] : [])];
  const rows = results.map(({ file, before, after, norm: length, succeeded, saved }) => [
    ...[file, before.name, after.name, short(length), succeeded ? "yes" : "no"],
    ...(saved ? [saved.name] : []),
  ]);
  const widths = heading.map((text, column) =>
    Math.max(text.length, ...rows.map((row) => row[column].length)),
  );
  for (const row of [heading, ...rows])
    console.print(
      row
        .map((text, column) => text.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    );
}
