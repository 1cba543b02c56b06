import { Checker } from "./checks/checker.js";
import type { Source } from "./networks.js";
import type { Group } from "./plan.js";
import { checkText } from "./report.js";
import type { Prepared } from "./run_network.js";
import { countWork } from "./work.js";

/** Loads a network and images for its cases, counts its work, and proves what results will be compared with. */
export async function prepareNetwork(
  source: Source,
  groups: readonly Group[],
  say: (line: string) => void,
): Promise<Prepared> {
  const { name } = source;
  say(`${name}: loading`);
  const bench = await source.load(Math.max(8, ...groups.map((g) => g.case.batch)));
  const work = await countWork(bench).catch((error: Error) => {
    say(`  our engine cannot run ${name}: ${error.message.split("\n")[0]}`);
    return undefined;
  });
  const checker = await Checker.open(bench, work?.forward ?? 0, say);
  say(`  checked against plain WASM, that against ${checkText(checker.proof)}`);
  return { bench, work, checker };
}
