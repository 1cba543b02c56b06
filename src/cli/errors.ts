import { ImageError } from "../node.js";

/** What the user typed is wrong: exit code 2. Every other error is a failure: exit code 1. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What the user typed is fine but the job cannot be done: a file missing or broken, a package not installed. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Exit codes; in the text of `--help`. */
export const EXIT = { done: 0, failed: 1, usage: 2, killed: 130 } as const;

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EISDIR: "is a folder, expected a file",
  ENOTDIR: "is not a folder",
  EEXIST: "already exists",
  ENOSPC: "no space left on the device",
  EDQUOT: "the quota of the disk is used up",
  EFBIG: "the file is longer than the system lets it be",
  EIO: "the device does not work",
  EROFS: "the file system is read-only",
};

/** What the system says of a path, in words; undefined where it is no error of the system. */
export function systemProblem(error: unknown): string | undefined {
  const { code } = (error instanceof Error ? error : {}) as NodeJS.ErrnoException;
  return code === undefined ? undefined : SYSTEM_ERRORS[code];
}

/** The error as one line without a stack, for the terminal. */
export function oneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error).split("\n", 1)[0];
  const { path } = error as NodeJS.ErrnoException;
  const known = systemProblem(error);
  if (known && path) return `${path}: ${known}`;
  // Of what reads and draws images the name says nothing to those who typed a command.
  const message = error instanceof ImageError ? error.message.replace(/^\w+: /, "") : error.message;
  const text = message.replace(/\s+/g, " ").trim();
  return text || error.name;
}
