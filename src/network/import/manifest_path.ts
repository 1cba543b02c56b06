import { quoted, rejectModel, valueText } from "./failure.js";

/**
 * Segments of a weight file's path below the folder of `model.json`. The manifest is data from outside: a path
 * that could name anything else is refused, whichever of the spellings that servers and file systems resolve
 * it uses (`..`, `%2e%2e`, encoded twice, a backslash, an absolute path, another scheme).
 *
 * @param source where the path stands
 * @throws ModelError "manifest path ... leaves its folder"
 */
export function manifestSegments(path: unknown, where: string, source = "weightsManifest"): string[] {
  if (typeof path !== "string" || path === "")
    rejectModel(where, `a path in ${source} is ${valueText(path)}, expected a file name`);
  const named = source === "weightsManifest" ? "manifest path" : `path of ${source}`;
  for (const spelling of spellings(path)) {
    const escapes =
      spelling.includes("\\") ||
      spelling.startsWith("/") ||
      /^[a-z][a-z0-9+.-]*:/i.test(spelling) ||
      spelling.split("/").includes("..");
    if (escapes) rejectModel(where, `${named} ${quoted(path)} leaves its folder`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    if (/[\u0000-\u001f\u007f]/.test(spelling))
      rejectModel(where, `${named} ${quoted(path)} has a control character`);
  }
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.length === 0) rejectModel(where, `${named} ${quoted(path)} names no file`);
  return segments;
}

/** The path as written and after each round of percent-decoding. */
function spellings(path: string): string[] {
  const all = [path];
  // Each round shortens the path, so this ends; a malformed escape is a literal percent sign.
  for (let decoded = decodeOnce(path); decoded !== all[all.length - 1]; decoded = decodeOnce(decoded))
    all.push(decoded);
  return all;
}

function decodeOnce(path: string): string {
  return path.replace(/%([0-7][0-9a-f])/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}
