import { isRecord } from "./failure.js";

/** Class names from a model's metadata: `classNames`, `labels` or `classes`, a list of strings. */
export function classNamesOf(metadata: unknown): string[] | undefined {
  if (!isRecord(metadata)) return undefined;
  for (const key of ["classNames", "labels", "classes"]) {
    const names = metadata[key];
    if (Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === "string"))
      return names;
  }
  return undefined;
}
