import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { UsageError } from "../errors.js";
import { normValue } from "../format.js";
import { isUrl, type Provenance } from "../provenance.js";
import type { CraftOptions } from "./craft_options.js";
import { isHoldoutCount } from "./crafting_sets.js";

/** What a report says to those who repeat its run. */
export interface Repeatable {
  readonly options: CraftOptions;
  readonly run: Partial<Provenance>;
  readonly variant?: string;
}

/** Options of one run alone: where it writes, and how it tells. */
const NOT_REPEATED = ["out", "force", "json", "repeat"];

/**
 * Options as a report holds them: paths that lead there from any folder, norms that JSON can say.
 */
export function repeatableOptions(options: CraftOptions): Record<string, unknown> {
  const { model, images, classesFile, holdout, perturbation, norm } = options;
  const there = (path: string) => (isUrl(path) ? path : resolve(path));
  const all: Record<string, unknown> = {
    ...options,
    ...(norm !== undefined && { norm: normValue(norm) }),
    ...(model !== undefined && { model: there(model) }),
    ...(images && { images: images.map(there) }),
    ...(classesFile !== undefined && { classesFile: there(classesFile) }),
    ...(holdout !== undefined && { holdout: isHoldoutCount(holdout) ? holdout : there(holdout) }),
    ...(perturbation !== undefined && { perturbation: there(perturbation) }),
  };
  return Object.fromEntries(
    Object.entries(all).filter(([key, value]) => value !== undefined && !NOT_REPEATED.includes(key)),
  );
}

/**
 * Reads the report of a run of craft.
 *
 * @throws UsageError for any other file
 * @throws the system's error where there is none
 */
export async function readRepeatable(path: string): Promise<Repeatable> {
  const text = await readFile(path, "utf8");
  let report: { command?: unknown; repeat?: unknown; run?: unknown; variant?: unknown } | null = null;
  try {
    report = JSON.parse(text);
  } catch {
    // Not JSON: no report.
  }
  const { command, repeat, run, variant } = report ?? {};
  if (command !== "craft" || !isObject(repeat) || !isObject(run))
    throw new UsageError(
      `--repeat ${path} is no report of unifool craft, expected a report.json that it wrote`,
    );
  const norm = repeat.norm === "inf" ? Infinity : repeat.norm;
  const options = { ...repeat, ...(norm !== undefined && { norm }) } as CraftOptions;
  return { options, run, ...(typeof variant === "string" && { variant }) };
}

/** What may come out otherwise than in the report, one line each. */
export function differences(
  { run, variant }: Repeatable,
  now: Provenance,
  variantNow: string | undefined,
): string[] {
  const lines: string[] = [];
  if (run.unifool !== now.unifool)
    lines.push(`the report is of unifool ${run.unifool}, this is ${now.unifool}`);
  if (variant !== variantNow)
    lines.push(
      `the report is of ${variant ?? "no"} kernels, these are ${variantNow ?? "none"}: bits may differ (--deterministic: not)`,
    );
  const before = new Map((run.modelFiles ?? []).map(({ path, sha256 }) => [path, sha256]));
  for (const { path, sha256 } of now.modelFiles)
    if (before.size > 0 && before.get(path) !== sha256) lines.push(`${path} is not what it was`);
  return lines;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
