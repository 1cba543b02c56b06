import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CommandError } from "./errors.js";

/**
 * Paths with `*`, `?`, `[abc]` and `**` as what they match, in order, for shells that leave that to programs and for patterns in quotes;
 * a path that is there is itself, whatever characters it has.
 *
 * @throws CommandError for a pattern that matches nothing
 * @throws the system's error for another path that leads nowhere
 */
export async function expandPaths(paths: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const path of paths) {
    const problem = await stat(path).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (problem === undefined) all.push(path);
    else if (!/[*?[]/.test(path)) throw problem;
    else {
      const found = await matching(path);
      if (found.length === 0) throw new CommandError(`${path}: matches no file or folder`);
      all.push(...found);
    }
  }
  return all;
}

async function matching(pattern: string): Promise<string[]> {
  const parts = pattern.replace(/^\/+/, "").split("/").filter(Boolean);
  const found = await walk(pattern.startsWith("/") ? "/" : "", parts);
  return [...new Set(found)].sort();
}

async function walk(folder: string, [part, ...rest]: readonly string[]): Promise<string[]> {
  if (part === undefined) return folder === "" ? [] : [folder];
  if (!/[*?[]/.test(part)) {
    const path = join(folder, part);
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    return isThere ? walk(path, rest) : [];
  }
  const entries = await readdir(folder || ".", { withFileTypes: true }).catch(() => []);
  const shown = entries.filter(({ name }) => part.startsWith(".") || !name.startsWith("."));
  if (part === "**") {
    const below = shown.filter((entry) => entry.isDirectory());
    const deeper = await Promise.all(below.map(({ name }) => walk(join(folder, name), [part, ...rest])));
    return [...(await walk(folder, rest)), ...deeper.flat()];
  }
  const matches = expressionOf(part);
  const named = shown.filter(({ name }) => matches.test(name));
  return (await Promise.all(named.map(({ name }) => walk(join(folder, name), rest)))).flat();
}

function expressionOf(part: string): RegExp {
  const source = part.replace(/\[!/g, "[^").replace(/[.+^${}()|\\]|\*|\?/g, (c, at: number, text: string) => {
    if (c === "*") return ".*";
    if (c === "?") return ".";
    return c === "^" && text[at - 1] === "[" ? c : `\\${c}`;
  });
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /^$/; // a bracket that is never closed: matches nothing, as the path itself is not there
  }
}
