/** Our engine beside its peers: every case checked, then timed in turns. `--help` lists the options. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Case, rowName } from "./case.js";
import { Checker } from "./checks/checker.js";
import type { Check } from "./checks/verdict.js";
import { Absent, type Contender } from "./contenders/contender.js";
import { openFoolbox } from "./contenders/foolbox.js";
import { openNodePeer } from "./contenders/node_peer.js";
import { openTorch } from "./contenders/torch.js";
import { openWasm, type WasmVariant } from "./contenders/wasm.js";
import { openWebgpu } from "./contenders/webgpu.js";
import { exitOnSignals } from "./endings.js";
import { measureGpuRoofline } from "./gpu/roofline.js";
import { runGroup } from "./group.js";
import { describeMachine, machineText } from "./machine.js";
import { type BenchNetwork, sources } from "./networks.js";
import { type EngineName, HELP, type Options, parseOptions } from "./options.js";
import { type Group, planGroups, planThreads } from "./plan.js";
import { kernelTime, type Profile, profileNetwork, profileNote, profileTable } from "./profile.js";
import { withRatios } from "./ratios.js";
import { allowRelaxedSimd, hasRelaxedSimd } from "./relaxed.js";
import {
  type ColdStart,
  checkText,
  coldTable,
  failures,
  type Row,
  refusals,
  resultTable,
  scalingLines,
} from "./report.js";
import { type Report, reportText, SCHEMA } from "./results.js";
import { measureRoofline, peakFor, type Roofline } from "./roofline/measure.js";
import { digits } from "./table.js";
import { countWork, type Work } from "./work.js";

/** Progress, with the seconds since the start. */
const say = (line: string): void =>
  console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${line}`);

async function main(options: Options): Promise<void> {
  const flagged = options.relaxedFlag && allowRelaxedSimd();
  const fused = hasRelaxedSimd();
  const threads = planThreads(options);
  const names = chooseNetworks(options);
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
  const machine = describeMachine();
  console.log(`${machineText(machine)}\n`);
  const rooflines = options.roofline ? await shortRoofline(options, threads) : [];
  const rows: Row[] = [];
  const profiles: Profile[] = [];
  const works: Record<string, Work> = {};
  const cold: ColdStart[] = [];
  const oracles: Record<string, Check> = {};
  /** After every network: whoever ends the run keeps what there is. */
  const save = (): boolean => {
    if (!options.json) return false;
    const report: Report = { schema: SCHEMA, machine, rooflines, work: works, oracles, rows, cold, profiles };
    writeFileSync(options.json, reportText(report));
    return true;
  };
  for (const name of names) {
    const own = groups.filter((g) => g.case.network === name);
    const images = Math.max(8, ...own.map((g) => g.case.batch));
    say(`${name}: loading`);
    const bench = await sources.find((s) => s.name === name)!.load(images);
    const work = await countWork(bench).catch((error: Error) => {
      say(`  our engine cannot run ${name}: ${error.message.split("\n")[0]}`);
      return undefined;
    });
    if (work) works[name] = work;
    if (options.profile !== "only") {
      const checker = await Checker.open(bench, work?.forward ?? 0, say);
      oracles[name] = checker.proof;
      say(`  checked against plain WASM, that against ${checkText(checker.proof)}`);
      rows.push(...(await runNetwork(options, bench, work, checker, own, threads, rooflines, flagged)));
      checker.dispose();
    }
    if (!work) continue;
    if (options.cold && options.profile !== "only")
      cold.push(...coldStarts(name, threads, fused ? (flagged ? "relaxed-flag" : "relaxed") : "simd"));
    if (
      options.profile === "only" ||
      (options.profile === "last" && (name === "resnet20" || names.length === 1))
    )
      for (const variant of variantsOf(options))
        profiles.push(await profileNetwork(bench, variant, Math.min(10, bench.network.classes), 20));
    save();
  }
  print(rows, cold, profiles, rooflines, options.quick);
  if (save()) say(`written: ${options.json}`);
  if (rows.some((r) => !r.check.passed)) process.exitCode = 1;
}

function chooseNetworks({ networks, full, quick, gpu }: Options): string[] {
  const unknown = networks?.find((n) => !sources.some((s) => s.name === n));
  if (unknown !== undefined)
    throw new Error(`--networks has ${unknown}, expected ${sources.map((s) => s.name).join(", ")}`);
  const there = sources.filter((s) => s.available());
  if (networks) {
    const missing = networks.find((n) => !there.some((s) => s.name === n));
    if (missing !== undefined) throw new Error(`--networks has ${missing}, which is not on this machine`);
    return [...networks];
  }
  if (gpu) return gpuNetworks(there);
  if (quick) return [(there.find((s) => s.name === "resnet20") ?? there[0]).name];
  return there.filter((s) => (full && !s.standsFor) || s.inDefault).map((s) => s.name);
}

/** Those of which `--gpu` has rows; networks that are not at hand by their stand-ins. */
function gpuNetworks(there: typeof sources): string[] {
  const isThere = (name: string): boolean => there.some((s) => s.name === name);
  return there.filter((s) => !(s.standsFor && isThere(s.standsFor))).map((s) => s.name);
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

async function runNetwork(
  options: Options,
  bench: BenchNetwork,
  work: Work | undefined,
  checker: Checker,
  groups: readonly Group[],
  threads: readonly number[],
  rooflines: readonly Roofline[],
  flagged: boolean,
): Promise<Row[]> {
  const rows: Row[] = [];
  const open = new Map<EngineName, Contender[]>();
  const seen = new Set<string>();
  const rounds = 5;
  try {
    for (const group of groups) {
      const { classes } = bench.network;
      const c: Case = { ...group.case, classes: Math.min(group.case.classes, classes) };
      const label = rowName(c, "*", "*");
      if (seen.has(label)) continue;
      seen.add(label);
      if (c.batch > bench.images.count) {
        say(`${label}: left out, there are ${bench.images.count} images`);
        continue;
      }
      const contenders: Contender[] = [];
      // Peers first: where no stored result is at hand, ours are compared with theirs.
      for (const engine of [...group.engines].reverse()) {
        if (engine.startsWith("wasm") && !work) continue;
        if (!open.has(engine)) open.set(engine, await openContenders(engine, bench, threads, flagged));
        contenders.push(...(open.get(engine) as Contender[]));
      }
      if (options.filter && !contenders.some((p) => options.filter?.test(rowName(c, p.engine, p.variant))))
        continue;
      say(`${label}: ${contenders.map((p) => `${p.engine}/${p.variant}`).join(", ")}`);
      const schedule = { rounds, turn: (1000 * options.seconds) / rounds, budget: 1500 * options.seconds };
      const context = { checker, work, rooflines, classes, filter: options.filter, schedule, say };
      const found = withRatios(await runGroup(c, contenders, context));
      for (const { engine, variant, millisecondsPerImage: each } of found)
        if (each !== undefined) say(`  ${engine}/${variant}: ${digits(each)} ms an image`);
      rows.push(...found.reverse());
      if (c.op === "jacobian" && c.batch === 1) rows.push(...(await kernelRows(bench, c, found, rooflines)));
    }
  } finally {
    for (const contender of [...open.values()].flat()) contender.close();
  }
  return rows;
}

/** A contender for each number of threads; those that cannot be had are named and left out. */
async function openContenders(
  engine: EngineName,
  bench: BenchNetwork,
  threads: readonly number[],
  flagged: boolean,
): Promise<Contender[]> {
  const cores = [...new Set(threads.map((t) => Math.max(1, t)))];
  const openers = ((): (() => Promise<Contender>)[] => {
    switch (engine) {
      case "wasm-simd":
      case "wasm-relaxed":
        return threads.map((t) => () => openWasm(bench, engine.slice(5) as WasmVariant, t, flagged));
      case "webgpu":
        return [() => openWebgpu(bench, "float32")];
      case "webgpu-f16w":
        return [() => openWebgpu(bench, "float16")];
      case "torch":
        return cores.map((t) => () => openTorch(bench, t));
      case "foolbox":
        return cores.map((t) => () => openFoolbox(bench, t));
      case "torch-cuda":
        return [() => openTorch(bench, 1, "cuda")];
      case "onnxruntime":
        return cores.map((t) => () => openNodePeer(bench, engine, t));
      default:
        return [() => openNodePeer(bench, engine, 1)];
    }
  })();
  const opened: Contender[] = [];
  for (const opener of openers)
    try {
      opened.push(await opener());
    } catch (error) {
      if (!(error instanceof Absent)) throw error;
      say(`  ${engine} does not take part: ${error.message}`);
      break;
    }
  return opened;
}

/** Beside each of our single-threaded Jacobians, the time that its kernels alone take. */
async function kernelRows(
  bench: BenchNetwork,
  c: Case,
  found: readonly Row[],
  rooflines: readonly Roofline[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const row of found) {
    // A profile covers one pass of the backward lanes, at most 12; the GPU's engine has none.
    if (
      !row.ours ||
      row.engine !== "wasm" ||
      row.threads > 1 ||
      /-\d+t$/.test(row.variant) ||
      !row.time ||
      c.classes > 12
    )
      continue;
    const profile = await profileNetwork(
      bench,
      row.variant.startsWith("relaxed") ? "relaxed" : "simd",
      c.classes,
      5,
    );
    const milliseconds = kernelTime(profile);
    const gflops = row.gflops === undefined ? undefined : (row.gflops * row.time.median) / milliseconds;
    const peak = peakFor(rooflines, profile.variant, 1);
    rows.push({
      ...row,
      name: row.name.replace("jacobian/", "jacobian.kernels/"),
      scope: "kernels",
      time: { median: milliseconds, p25: milliseconds, p75: milliseconds, min: milliseconds, samples: 5 },
      millisecondsPerImage: milliseconds,
      imagesPerSecond: 1000 / milliseconds,
      gflops,
      roofline: gflops !== undefined && peak !== undefined ? gflops / peak : undefined,
      faster: undefined,
      how: "sum of the shortest time of every kernel call",
    });
  }
  return rows;
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

function print(
  rows: readonly Row[],
  cold: readonly ColdStart[],
  profiles: readonly Profile[],
  rooflines: readonly Roofline[],
  quick: boolean,
): void {
  for (const { variant, threads, gflops, bandwidth } of rooflines) {
    const by = variant === "webgpu" ? "" : `, ${threads} thread${threads > 1 ? "s" : ""}`;
    const memory = bandwidth.memory === undefined ? "" : `, memory ${bandwidth.memory.toFixed(0)} GB/s`;
    console.log(`peak, ${variant}${by}: ${gflops.toFixed(1)} GFLOP/s${memory}`);
  }
  if (rows.length > 0) console.log(`\n${resultTable(rows)}`);
  for (const line of [...failures(rows), ...refusals(rows)]) console.log(line);
  const scaling = scalingLines(rows);
  if (scaling.length > 0) console.log(`\n${scaling.join("\n")}`);
  if (cold.length > 0) console.log(`\n${coldTable(cold)}`);
  for (const profile of profiles) {
    const peak = peakFor(rooflines, profile.variant, 1);
    console.log(`\n${profile.network}, layer by layer: ${profileNote(profile)}`);
    if (!quick) console.log(`${profileTable(profile, peak, false)}\n`);
    console.log(profileTable(profile, peak, true));
    const [forward, backward] = [kernelTime(profile, "forward"), kernelTime(profile, "backward")];
    console.log(`forward ${forward.toFixed(3)} ms, backward ${backward.toFixed(3)} ms`);
  }
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
