import type { Engine } from "../../engines/engine.js";
import type { UniversalPass } from "../universal_result.js";

/**
 * What seems odd about a crafting run, a line each: clean predictions that are all the same, a radius beyond the range, passes
 * in which v never changed.
 *
 * @param labels clean predictions; none if they are not known
 */
export function craftingWarnings(
  { range, classNames }: Engine,
  { norm, radius }: { readonly norm: number; readonly radius: number },
  labels: Int32Array,
  history: readonly UniversalPass[],
): string[] {
  const caller = "universalPerturbation";
  const warnings: string[] = [];
  const [first] = labels;
  if (labels.length > 1 && labels.every((label) => label === first)) {
    const name = classNames?.[first] === undefined ? "" : ` ("${classNames[first]}")`;
    warnings.push(
      `${caller}: all ${labels.length} clean images are taken for class ${first}${name}, expected several; are range, mean and std those of the model?`,
    );
  }
  const width = range[1] - range[0];
  if (norm === Infinity && radius > width)
    warnings.push(
      `${caller}: radius is ${radius}, wider than the range ${range.join("..")}, expected at most ${width}; radii are in the units of the images`,
    );
  if (history.length > 0 && history.every(({ updates }) => updates === 0))
    warnings.push(
      `${caller}: v never changed in ${history.length} passes, expected updates; no image has a gradient, or none was fooled in few enough steps`,
    );
  return warnings;
}
