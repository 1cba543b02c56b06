import type { CraftingRequest, CraftingState, Engine } from "../engines/engine.js";
import { asPartOf } from "../engines/not_a_number.js";
import { type Shift, shiftImage } from "../engines/shift.js";
import { project } from "../kernels/projection/reference.js";
import { sizeOf } from "../network/spec.js";
import { runDeepfool } from "./deepfool.js";
import { predictBatch } from "./predict.js";

/** Who errors speak of. */
const CALLER = "universalPerturbation";

/** Images and v on the host, for any engine: images + v are handed to it anew for every call. */
export function portableCraftingState(
  engine: Engine,
  images: Float32Array,
  { norm, radius, bounds, initial, deepfool }: CraftingRequest,
): CraftingState {
  const size = sizeOf(engine.inputShape);
  const v = initial.slice();
  const shift: Shift = { perturbation: v, bounds };

  const gather = (indices: ArrayLike<number>, shifted: boolean): Float32Array => {
    const out = new Float32Array(indices.length * size);
    for (let n = 0; n < indices.length; n++) {
      const image = images.subarray(indices[n] * size, (indices[n] + 1) * size);
      const to = out.subarray(n * size, (n + 1) * size);
      if (shifted) shiftImage(image, shift, to);
      else to.set(image);
    }
    return out;
  };

  return {
    predict: (indices, shifted) =>
      predictBatch(engine, gather(indices, shifted), deepfool.signal, CALLER, (n) => indices[n]),

    async improve(index, label, out) {
      const request = { ...deepfool, labels: Int32Array.of(label) };
      const run = await asPartOf(
        CALLER,
        () => ({ image: index }),
        () => runDeepfool(engine, gather([index], true), request),
      );
      const taken = run.iterations[0];
      const changed = run.newLabels[0] !== label;
      // An engine may take no labels and leave its own prediction instead, and then says so.
      if (run.labels[0] !== label || (changed && taken === 0))
        return { fooled: true, taken: 0, updated: false };
      const updated = changed && taken > 0 && taken < deepfool.steps - 1;
      if (updated) {
        for (let i = 0; i < size; i++) v[i] += run.perturbation[i];
        project(v, radius, norm);
        out?.set(v);
      }
      return { fooled: false, taken, updated };
    },

    async read(out) {
      out.set(v);
    },

    dispose() {},
  };
}
