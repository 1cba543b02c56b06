import { ModelError } from "../../errors.js";
import { nameText } from "../../kernels/checks.js";

/** Raises a one-line {@link ModelError}; `where` is the file, URL or live model that is being read. */
export function rejectModel(where: string, problem: string): never {
  throw new ModelError(modelMessage(where, problem));
}

export function modelMessage(where: string, problem: string): string {
  return `loadModel: ${nameText(where)}: ${problem}`;
}

/** A name from a file between quotes, escaped to stay on one line and cut to a readable length. */
export function quoted(name: string): string {
  const text = nameText(name);
  return `"${text.length > 120 ? `${text.slice(0, 117)}...` : text}"`;
}

/** A value from a file as it may stand in a one-line message. */
export function valueText(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    // A hostile file may nest deeper than the stack.
    return "a value nested too deep to show";
  }
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws ModelError naming the files, what they hold and what was declared */
export function rejectSize(
  where: string,
  names: readonly string[],
  found: number | string,
  declared: number,
): never {
  const files =
    names.length === 1 ? `weights file ${quoted(names[0])} holds` : `${names.length} weights files hold`;
  return rejectModel(where, `${files} ${found} bytes, the manifest declares ${declared}`);
}

export function longerThan(bytes: number): string {
  return `is longer than ${bytes} bytes, expected a model`;
}

/** The ways out where a file leaves open what only its user knows, in code and on the command line. */
export const PASS_INPUT_SHAPE =
  "pass inputShape, the shape of one image such as [224, 224, 3] (--input-shape 224,224,3)";
export const PASS_OUTPUT = "pass output (--output), the name of the class scores";
