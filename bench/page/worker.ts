/** The worker that runs the benchmark, so that the page stays free; peers have workers of their own. */
import type { Check } from "../checks/verdict.js";
import { estimateText, QUICK_MILLISECONDS } from "../estimate.js";
import { networkSources, type Source } from "../networks.js";
import { complaintOf } from "../peers/answer.js";
import { planGroups, planNetworks, planThreads } from "../plan.js";
import { prepareNetwork } from "../prepare_network.js";
import { printed } from "../print.js";
import type { Row } from "../report.js";
import { type Absence, type Report, SCHEMA } from "../results.js";
import { runNetwork } from "../run_network.js";
import { machineText } from "../runtime.js";
import type { Work } from "../work.js";
import { describePage, webglAdapter, webgpuAdapter } from "./describe.js";
import { pageOpeners } from "./openers.js";
import { pageBase, pageFiles } from "./page_files.js";
import type { RunRequest, Told, WorkerScope } from "./protocol.js";

const scope = globalThis as unknown as WorkerScope<Told, RunRequest>;

/** Progress, with the seconds since the start. */
const say = (line: string): void =>
  scope.postMessage({ line: `${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${line}` });

async function run({ options, known }: RunRequest): Promise<Report> {
  const machine = await describePage(known);
  say(machineText(machine).replaceAll("\n", "; "));
  const sources = networkSources(pageFiles(pageBase()));
  const names = await chooseNetworks(sources, options);
  const threads = planThreads(options, machine.runtime.isolated ? machine.cores : 1);
  const groups = planGroups(options, names);
  say(estimateText(groups, threads, options.seconds));
  const webgpu = await webgpuAdapter();
  const adapters = { webgpu: webgpu?.adapter, webgl: webglAdapter() };
  const anySize = options.gpu || options.engines !== undefined;
  const runner = {
    options,
    openers: pageOpeners({ threads, gpu: webgpu?.gpu, adapters, anySize }),
    rooflines: [],
    say,
    until: options.quick ? performance.now() + QUICK_MILLISECONDS : undefined,
  };
  const rows: Row[] = [];
  const absent: Absence[] = [];
  const work: Record<string, Work> = {};
  const oracles: Record<string, Check> = {};
  for (const name of names) {
    const own = groups.filter((g) => g.case.network === name);
    const prepared = await prepareNetwork(sources.find((s) => s.name === name)!, own, say);
    if (prepared.work) work[name] = prepared.work;
    oracles[name] = prepared.checker.proof;
    const found = await runNetwork(runner, prepared, own);
    prepared.checker.dispose();
    rows.push(...found.rows);
    absent.push(...found.absent);
  }
  return {
    schema: SCHEMA,
    machine,
    adapters,
    rooflines: [],
    work,
    oracles,
    rows,
    cold: [],
    profiles: [],
    absent,
  };
}

async function chooseNetworks(sources: readonly Source[], options: RunRequest["options"]): Promise<string[]> {
  const there: Source[] = [];
  for (const source of sources) if (await source.available()) there.push(source);
  if (!options.networks) return planNetworks(options, there);
  const missing = options.networks.find((name) => !there.some((s) => s.name === name));
  if (missing !== undefined)
    throw new Error(`networks has ${missing}, expected ${there.map((s) => s.name).join(", ")}`);
  return [...options.networks];
}

export function answer({ data }: MessageEvent<RunRequest>): void {
  run(data).then(
    (report) => scope.postMessage({ report, text: printed(report, data.options.quick) }),
    (error: unknown) => scope.postMessage({ error: complaintOf(error) }),
  );
}
