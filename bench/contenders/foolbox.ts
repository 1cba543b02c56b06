import { deepfool } from "../../src/api/deepfool.js";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { sizeOf } from "../../src/network/spec.js";
import type { Case, Result } from "../case.js";
import type { Check } from "../check.js";
import type { BenchNetwork } from "../networks.js";
import { childContender } from "./child.js";
import type { Contender } from "./contender.js";
import { startPython } from "./torch.js";

/** Two correct runs differ by rounding: so much of ||r||, and where it decides a tie more, on so many of the images. */
const [ROUNDING, TIED] = [1e-3, 0.05];

/**
 * foolbox's own DeepFool over PyTorch on the same weights, if the `python3` on the path (or the one that PYTHON names)
 * can import it. It adds 1e-4 to distances and clips to [0, 1], as our profile `foolbox` does, whose results it is compared with.
 *
 * @throws Absent otherwise
 */
export async function openFoolbox(bench: BenchNetwork, threads: number): Promise<Contender> {
  const { child, answer, suffix } = await startPython("pytorch_foolbox.py", [], bench, threads);
  const name = [answer.foolbox, `torch${answer.version}`, ...suffix];
  const labels = { engine: "foolbox", variant: name.join("-"), threads };
  const contender = childContender(child, bench, labels, ["deepfool_foolbox"]);
  return {
    ...contender,
    async prepare(c) {
      const job = await contender.prepare(c);
      return job && { ...job, check: await compareAttack(bench, c, job.result) };
    },
  };
}

/** Labels and perturbations of every image beside those of our engine in the profile `foolbox`. */
async function compareAttack(
  { network, input, images }: BenchNetwork,
  { batch, classes, first = 0 }: Case,
  result: Result,
): Promise<Check> {
  if (result.op !== "deepfool_foolbox") throw new Error(`foolbox was asked for ${result.op}`);
  const size = sizeOf(network.input.shape);
  using engine = await createWasmEngine(network, input, { deterministic: true, threads: 0 });
  const values = images.values.subarray(first * size, (first + batch) * size);
  const expected = await deepfool(engine, values, { profile: "foolbox", classes });
  const differs = (n: number): boolean => {
    let [difference, norm] = [0, 0];
    for (let i = n * size; i < (n + 1) * size; i++) {
      difference += (result.perturbation[i] - expected.perturbation[i]) ** 2;
      norm += expected.perturbation[i] ** 2;
    }
    const sameLabels =
      result.labels[n] === expected.labels[n] && result.newLabels[n] === expected.newLabels[n];
    return !(sameLabels && Math.sqrt(difference) <= ROUNDING * Math.sqrt(norm));
  };
  const error = Array.from({ length: batch }, (_, n) => Number(differs(n))).reduce((a, b) => a + b) / batch;
  const against = `wasm in the profile foolbox, to ${ROUNDING} of each norm`;
  return { passed: error <= TIED, against, error, allowed: TIED, unit: "of the images" };
}
