import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Compiled } from "../../index.js";
import { UsageError } from "../errors.js";

/**
 * Refuses a perturbation in the units of other images: where craft's report lies beside it, the range there must be the model's.
 *
 * @throws UsageError if it is another
 */
export async function checkCraftedRange(path: string, { range }: Pick<Compiled, "range">): Promise<void> {
  const crafted = await craftedRange(path);
  if (crafted === undefined || (crafted[0] === range[0] && crafted[1] === range[1])) return;
  throw new UsageError(
    `--perturbation was crafted for images in ${crafted.join("..")}, as report.json beside it says, expected ${range.join("..")}; give --range ${crafted.join(",")}`,
  );
}

/** The range that a perturbation was crafted in; undefined where no report of craft lies beside it. */
export async function craftedRange(path: string): Promise<readonly [number, number] | undefined> {
  const text = await readFile(join(dirname(path), "report.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : rangeOf(text);
}

/** The range in a report of craft; undefined in a file of anybody else. */
function rangeOf(text: string): readonly [number, number] | undefined {
  try {
    const report = JSON.parse(text) as { command?: unknown; input?: { range?: unknown } } | null;
    const range = report?.command === "craft" ? report.input?.range : undefined;
    return Array.isArray(range) && range.length === 2 ? [Number(range[0]), Number(range[1])] : undefined;
  } catch {
    return undefined;
  }
}
