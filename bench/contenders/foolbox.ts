import type { BenchNetwork } from "../networks.js";
import { childContender } from "./child.js";
import type { Contender } from "./contender.js";
import { startPython } from "./torch.js";

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
  return childContender(child, bench, labels, ["deepfool_foolbox"]);
}
