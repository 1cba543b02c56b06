import { type DeepfoolResult, deepfool } from "../../src/api/deepfool.js";
import { gradient } from "../../src/api/gradient.js";
import { universalPerturbation } from "../../src/api/universal.js";
import type { Engine } from "../../src/engines/engine.js";
import { sizeOf } from "../../src/network/spec.js";
import { type AttackOp, type Case, RADIUS, type Result, SEED } from "../case.js";
import type { Images } from "../images.js";

/**
 * The call that a case times on an engine. End to end: through the public functions, from images to results as a
 * user gets them.
 */
export function engineCall(engine: Engine, images: Images, c: Case): () => Promise<Result> {
  const { op, batch, first = 0, passes = 1 } = c;
  const size = sizeOf(engine.inputShape);
  const values = images.values.subarray(first * size, (first + batch) * size);
  const classes = Math.min(c.classes, engine.classes);
  switch (op) {
    case "logits":
      return async () => ({ op, logits: (await engine.logits(values)).logits });
    case "jacobian": {
      const out = new Float32Array(values.length * classes);
      return async () => ({ op, ...(await engine.jacobian(values, { classes, out })) });
    }
    case "gradient": {
      const out = new Float32Array(values.length);
      let labels: Int32Array | undefined;
      return async () => {
        // Known before it is timed: the call that is checked comes first.
        labels ??= (await engine.logits(values)).labels;
        const answer = await gradient(engine, values, { loss: "logit", labels, targeted: true, out });
        return { op, logits: answer.logits, values: answer.values, classes: labels };
      };
    }
    case "deepfool_step":
      return async () => attackResult(op, await deepfool(engine, values, { classes, steps: 1 }));
    case "deepfool":
      return async () => attackResult(op, await deepfool(engine, values, { classes }));
    case "deepfool_foolbox":
      return async () => attackResult(op, await deepfool(engine, values, { classes, profile: "foolbox" }));
    case "uap_pass":
      return async () => {
        // Delta 0: no pass is cut short, nor left out.
        const options = {
          method: "deepfool",
          norm: Infinity,
          radius: RADIUS,
          passes,
          delta: 0,
          classes,
          seed: SEED,
        } as const;
        const { last, history } = await universalPerturbation(engine, values, options);
        return { op, perturbation: last, rate: history.at(-1)?.foolingRate ?? 0 };
      };
  }
}

function attackResult(op: AttackOp, run: DeepfoolResult): Result {
  const { perturbation, labels, newLabels, iterations } = run;
  return { op, perturbation, labels, newLabels, iterations };
}
