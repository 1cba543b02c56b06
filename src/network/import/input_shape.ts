import { InvalidArgumentError } from "../../errors.js";
import { PASS_INPUT_SHAPE, quoted, rejectModel, valueText } from "./failure.js";

/**
 * The shape of one image: as the file declares it, what that leaves open as the user says.
 *
 * @param declared lengths without the batch axis, anything but a positive integer where the file leaves one open;
 *   undefined where it leaves open even how many there are
 * @throws InvalidArgumentError for an `inputShape` that does not fit what the file says
 * @throws ModelError where a length stays open
 */
export function resolveInputShape(
  where: string,
  name: string,
  declared: readonly unknown[] | undefined,
  given: readonly number[] | undefined,
): number[] {
  const shown = declared ? declared.map((n) => (isSize(n) ? n : null)) : null;
  const named = `input ${quoted(name)} has shape ${valueText(shown)}`;
  if (given) {
    const fits =
      declared === undefined ||
      (given.length === declared.length && declared.every((n, axis) => !isSize(n) || n === given[axis]));
    if (given.length === 0 || !given.every(isSize) || !fits)
      throw new InvalidArgumentError(
        `loadModel: inputShape is ${valueText(given)}, expected sizes without the batch axis that fit the model: ${named}`,
      );
    return [...given];
  }
  if (!declared?.every(isSize)) return rejectModel(where, `${named}; ${PASS_INPUT_SHAPE}`);
  return [...declared];
}

function isSize(n: unknown): n is number {
  return Number.isSafeInteger(n) && (n as number) > 0;
}

/** @throws ModelError unless there is one input, the image */
export function requireOneInput(where: string, names: readonly string[]): void {
  if (names.length === 1) return;
  const listed = names.slice(0, 8).map(quoted).join(", ");
  rejectModel(
    where,
    names.length === 0
      ? "its output depends on no input"
      : `the model has ${names.length} inputs (${listed}), expected one, the image`,
  );
}
