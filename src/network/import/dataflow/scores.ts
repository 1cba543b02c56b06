import { PASS_OUTPUT, quoted, rejectModel } from "../failure.js";
import { type Activation, isActivation, longAxes, type Operand } from "./activation.js";

/** The one output that is a vector of scores. @throws ModelError where none or several are */
export function scoresOf(
  outputs: readonly string[],
  values: ReadonlyMap<string, Operand>,
  where: string,
): { readonly name: string; readonly activation: Activation } {
  const found = outputs.flatMap((name) => {
    const activation = values.get(name);
    return isActivation(activation) ? [{ name, activation }] : [];
  });
  if (found.length === 0)
    return rejectModel(where, `output ${outputs.map(quoted).join(", ")} does not depend on the image`);
  if (found.length === 1) return found[0];
  const vectors = found.filter(({ activation: { dims } }) => longAxes(dims).length === 1);
  return vectors.length === 1
    ? vectors[0]
    : rejectModel(
        where,
        `the model has ${found.length} outputs (${found.map(({ name }) => quoted(name)).join(", ")}); ${PASS_OUTPUT}`,
      );
}
