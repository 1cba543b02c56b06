import { isRecord } from "./failure.js";

/** Class names from a model's metadata: `classNames`, `labels`, `wordLabels` or `classes`, a list of strings. */
export function classNamesOf(metadata: unknown): string[] | undefined {
  if (!isRecord(metadata)) return undefined;
  for (const key of ["classNames", "labels", "wordLabels", "classes"]) {
    const names = metadata[key];
    if (Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === "string"))
      return names;
  }
  return undefined;
}

/**
 * The names, if there is one for each score, else a warning: metadata may be about anything. One score has two classes.
 *
 * @param warn told of names that are left out
 */
export function namesOfScores(
  names: readonly string[] | undefined,
  scores: number,
  warn: (text: string) => void,
): readonly string[] | undefined {
  if (names === undefined || names.length === scores || (scores === 1 && names.length === 2)) return names;
  const classes = scores === 1 ? "one score" : `${scores} classes`;
  warn(`its metadata has ${names.length} names for ${classes}: they are left out`);
  return undefined;
}
