/** Our engine beside its peers: every case checked, then timed in turns. `--help` lists the options. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { hastenLavapipe } from "../test/support/vulkan.js";
import { rowName } from "./case.js";
import type { Check } from "./checks/verdict.js";
import { nodeAdapter, nodeOpeners } from "./contenders/node_openers.js";
import type { WasmVariant } from "./contenders/wasm.js";
import { exitOnSignals } from "./endings.js";
import { estimateText, QUICK_MILLISECONDS } from "./estimate.js";
import { hasRelaxedSimd } from "./fused.js";
import { measureGpuRoofline } from "./gpu/roofline.js";
import { describeMachine } from "./machine.js";
import type { Source } from "./networks.js";
import { sources } from "./node_files.js";
import { HELP, type Options, parseOptions } from "./options.js";
import { planGroups, planNetworks, planThreads } from "./plan.js";
import { prepareNetwork } from "./prepare_network.js";
import { printed } from "./print.js";
import { type Profile, profileNetwork } from "./profile.js";
import { allowRelaxedSimd } from "./relaxed.js";
import type { ColdStart, Row } from "./report.js";
import { type Absence, type Report, reportText, SCHEMA } from "./results.js";
import { measureRoofline } from "./roofline/measure.js";
import type { Roofline } from "./roofline/peak.js";
import { type Runner, runNetwork } from "./run_network.js";
import { machineText } from "./runtime.js";
import type { Work } from "./work.js";

/** Progress, with the seconds since the start. */
const say = (line: string): void =>
  console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${line}`);

async function main(options: Options): Promise<void> {
  const flagged = options.relaxedFlag && allowRelaxedSimd();
  const fused = hasRelaxedSimd();
  const threads = planThreads(options, availableParallelism());
  const names = await chooseNetworks(options);
  const groups = planGroups(options, names, fused);
  if (options.list) {
    for (const { case: c, engines } of groups)
      for (const engine of engines) {
        // Variants are known once a contender has started.
        const [name, variant = "*"] = engine.split(/-(.*)/);
        console.log(rowName(c, name, variant));
      }
    return;
  }
  // Every peer ends with the process.
  process.setMaxListeners(100);
  if (options.quick || options.across) hastenLavapipe();
  const machine = describeMachine();
  console.log(`${machineText(machine)}\n`);
  if (options.profile !== "only") say(estimateText(groups, threads, options.seconds));
  const rooflines = options.roofline ? await shortRoofline(options, threads) : [];
  const openers = nodeOpeners({
    threads,
    flagged,
    anySize: options.gpu || options.engines !== undefined,
  });
  const until = options.quick ? QUICK_MILLISECONDS : undefined;
  const runner: Runner = { options, openers, rooflines, say, until };
  const rows: Row[] = [];
  const absent: Absence[] = [];
  const profiles: Profile[] = [];
  const work: Record<string, Work> = {};
  const cold: ColdStart[] = [];
  const oracles: Record<string, Check> = {};
  const onGpu = groups.some(({ engines }) => engines.some((engine) => engine.includes("webgpu")));
  const webgpu = onGpu ? await nodeAdapter() : undefined;
  const report = (): Report => ({
    schema: SCHEMA,
    machine,
    adapters: { webgpu },
    rooflines,
    work,
    oracles,
    rows,
    cold,
    profiles,
    absent,
  });
  /** After every network: whoever ends the run keeps what there is. */
  const save = (): boolean => {
    if (options.json) writeFileSync(options.json, reportText(report()));
    return options.json !== undefined;
  };
  for (const name of names) {
    const own = groups.filter((g) => g.case.network === name);
    const prepared = await prepareNetwork(sources.find((s) => s.name === name)!, own, say);
    const { bench, checker } = prepared;
    if (prepared.work) work[name] = prepared.work;
    if (options.profile !== "only") {
      oracles[name] = checker.proof;
      const found = await runNetwork(runner, prepared, own);
      rows.push(...found.rows);
      absent.push(...found.absent);
    }
    checker.dispose();
    if (!prepared.work) continue;
    if (options.cold && options.profile !== "only")
      cold.push(...coldStarts(name, threads, fused ? (flagged ? "relaxed-flag" : "relaxed") : "simd"));
    if (
      options.profile === "only" ||
      (options.profile === "last" && (name === "resnet20" || names.length === 1))
    )
      for (const variant of variantsOf(options))
        for (const classes of [Math.min(10, bench.network.classes), 0])
          profiles.push(await profileNetwork(bench, variant, classes, 20));
    save();
  }
  console.log(printed(report(), options.quick));
  if (save()) say(`written: ${options.json}`);
  if (rows.some((r) => !r.check.passed)) process.exitCode = 1;
}

async function chooseNetworks(options: Options): Promise<string[]> {
  const { networks } = options;
  const unknown = networks?.find((n) => !sources.some((s) => s.name === n));
  if (unknown !== undefined)
    throw new Error(`--networks has ${unknown}, expected ${sources.map((s) => s.name).join(", ")}`);
  const there: Source[] = [];
  for (const source of sources) if (await source.available()) there.push(source);
  if (networks) {
    const missing = networks.find((n) => !there.some((s) => s.name === n));
    if (missing !== undefined) throw new Error(`--networks has ${missing}, which is not on this machine`);
    return [...networks];
  }
  return planNetworks(options, there);
}

async function shortRoofline({ gpu }: Options, threads: readonly number[]): Promise<Roofline[]> {
  say("roofline: peak multiply-add rate");
  if (gpu) return [await measureGpuRoofline()];
  const counts = [...new Set([1, ...threads.map((t) => Math.max(1, t))])];
  return measureRoofline({
    variants: hasRelaxedSimd() ? ["simd", "relaxed"] : ["simd"],
    threads: counts,
    window: 40,
    windows: 3,
    bandwidth: false,
  });
}

function coldStarts(name: string, threads: readonly number[], variant: string): ColdStart[] {
  const program = fileURLToPath(new URL("./cold.mjs", import.meta.url));
  return threads.flatMap((t) => {
    say(`${name}: cold start with ${t} threads`);
    try {
      const text = execFileSync(process.execPath, ["--expose-gc", program, name, variant, String(t)], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      const times = JSON.parse(text) as Omit<ColdStart, "name">;
      return [{ name: `${name}/wasm/${variant}${t === 0 ? "" : `-${t}t`}/1/10`, ...times }];
    } catch {
      return [];
    }
  });
}

function variantsOf({ engines }: Options): WasmVariant[] {
  const all: WasmVariant[] = hasRelaxedSimd() ? ["simd", "relaxed"] : ["simd"];
  return engines ? all.filter((v) => engines.includes(`wasm-${v}`)) : all;
}

exitOnSignals(say);
try {
  const options = parseOptions(process.argv.slice(2));
  if (options) await main(options);
  else console.log(HELP);
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env.UNIFOOL_DEBUG) throw error;
  process.exitCode = 2;
}
// Peers may leave handles behind.
process.exit();
