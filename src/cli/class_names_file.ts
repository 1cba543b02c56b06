import { readFile } from "node:fs/promises";
import { UsageError } from "./errors.js";

/** @throws UsageError for a file that is none that {@link namesIn} reads */
export async function readClassNames(path: string): Promise<readonly string[]> {
  const names = namesIn(await readFile(path, "utf8"));
  if (names) return names;
  throw new UsageError(`--classes-file ${path} holds no names, expected one a line, or a JSON list of them`);
}

/**
 * Names of classes: one a line, a JSON list, a JSON object of `index: name` or of `index: [id, name]` (the class index of
 * Keras), or one with such a list as `labels`, `classNames` or `classes`; undefined if the text is none of these.
 */
export function namesIn(text: string): readonly string[] | undefined {
  const plain = text.replace(/^\uFEFF/, "").trimEnd();
  const names = /^\s*[[{]/.test(plain) ? namesOfJson(plain) : linesOf(plain);
  return names && names.length > 0 ? names : undefined;
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.split(/\r?\n/).map((line) => line.trim());
}

function namesOfJson(text: string): string[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (Array.isArray(json)) return asNames(json);
  const object = json as Readonly<Record<string, unknown>>;
  const list = object.labels ?? object.classNames ?? object.classes;
  if (Array.isArray(list)) return asNames(list);
  const length = Object.keys(object).length;
  return asNames(Array.from({ length }, (_, label) => object[label]));
}

function asNames(list: readonly unknown[]): string[] | undefined {
  const names = list.map((entry) => (Array.isArray(entry) ? entry[entry.length - 1] : entry));
  return names.every((name) => typeof name === "string") ? names : undefined;
}
