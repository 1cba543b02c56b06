import { countImages } from "../../engines/arguments.js";
import type { Engine } from "../../engines/engine.js";
import { InvalidArgumentError } from "../../errors.js";
import { sizeOf } from "../../network/spec.js";

/** Share of images whose prediction is another than the clean one or, of those that are not there, is the target. */
export function fooledShare(clean: Int32Array, found: Int32Array, target?: number): number {
  let [fooled, all] = [0, 0];
  clean.forEach((label, n) => {
    if (label === target) return;
    all++;
    fooled += Number(target === undefined ? found[n] !== label : found[n] === target);
  });
  return fooled / all;
}

/** One image's worth of finite values. */
export function checkPerturbation(
  caller: string,
  perturbation: Float32Array,
  engine: Engine,
  name = "perturbation",
): void {
  if (countImages(caller, perturbation, engine.inputShape, name) !== 1)
    throw new InvalidArgumentError(
      `${caller}: ${name} has ${perturbation.length} values, expected ${sizeOf(engine.inputShape)} ` +
        `(${engine.inputShape.join("x")})`,
    );
}
