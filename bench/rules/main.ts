/**
 * Which rule makes the best universal perturbation: fooling rates of images that were in neither crafting nor selection, of the
 * last v of a run, over seeds; with the gradients that a run took, and its seconds.
 *
 *   node bench/run.mjs rules [--cases resnet20,mnist] [--rules sgd,momentum] [--seeds 5] [--threads 2] [--json file]
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { foolingRate } from "../../src/api/evaluate.js";
import { universalPerturbation } from "../../src/api/universal.js";
import { describeMachine } from "../machine.js";
import { shared } from "../node_files.js";
import { programOptions } from "../program_options.js";
import { machineText } from "../runtime.js";
import { formatTable } from "../table.js";
import { CASES, RULES, type RuleCase } from "./cases.js";
import { imagesOf, openCase } from "./open_case.js";

interface Outcome {
  readonly case: string;
  readonly rule: string;
  readonly passes: number;
  readonly seed: number;
  /** Rates of the last v. */
  readonly crafting: number;
  readonly heldOut: number;
  /** One-cotangent passes; of "deepfool", its steps. */
  readonly gradients: number;
  readonly seconds: number;
}

const given = programOptions(
  `Usage: npm run bench:rules -- [options]

  --cases A,B     ${CASES.map(({ name }) => name).join(", ")} (resnet20)
  --rules "A;B"   ${Object.keys(RULES).join("; ")} (all)
  --seeds N       seeds of each (5)
  --passes 1,5    passes over the crafting images (what the case says)
  --threads N     of our engine (auto)
  --json FILE     also write every run to a file`,
  {
    cases: { type: "string", default: "resnet20" },
    rules: { type: "string", default: Object.keys(RULES).join(";") },
    seeds: { type: "string", default: "5" },
    passes: { type: "string" },
    threads: { type: "string", default: "auto" },
    json: { type: "string" },
  },
);

async function measure(c: RuleCase, names: readonly string[], seeds: number): Promise<Outcome[]> {
  using engine = await openCase(c, given.threads);
  const crafting = await imagesOf(c.crafting);
  const heldOut = await imagesOf(c.heldOut);
  const { labels } = await foolingRate(engine, heldOut, new Float32Array(heldOut.length / c.heldOut.count));
  const outcomes: Outcome[] = [];
  const counts = given.passes ? given.passes.split(",").map(Number) : c.passes;
  for (const passes of counts)
    for (const rule of names)
      for (let seed = 0; seed < seeds; seed++) {
        const begin = performance.now();
        const uap = await universalPerturbation(engine, crafting, {
          ...c.options,
          ...RULES[rule],
          ...{ passes, seed },
        });
        const seconds = (performance.now() - begin) / 1000;
        const { rate } = await foolingRate(engine, heldOut, uap.last, { labels });
        const gradients = uap.history.reduce((sum, p) => sum + (p.gradients ?? p.iterations), 0);
        const last = uap.history.at(-1)?.foolingRate ?? 0;
        const outcome = {
          case: c.name,
          rule,
          passes,
          seed,
          crafting: last,
          heldOut: rate,
          gradients,
          seconds,
        };
        outcomes.push(outcome);
        process.stderr.write(`${JSON.stringify(outcome)}\n`);
      }
  return outcomes;
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** A row a rule: means over the seeds, and the standard deviation and the least of the held-out rates. */
function tableOf(outcomes: readonly Outcome[]): string {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const key = `${outcome.case}/${outcome.passes}/${outcome.rule}`;
    groups.set(key, [...(groups.get(key) ?? []), outcome]);
  }
  const rates = (runs: readonly Outcome[]) => runs.map(({ heldOut }) => heldOut);
  const deviation = (values: readonly number[]) =>
    Math.sqrt(mean(values.map((x) => (x - mean(values)) ** 2)));
  return formatTable<readonly Outcome[]>(
    [
      { title: "case", align: "left", cell: ([{ case: name }]) => name },
      { title: "rule", align: "left", cell: ([{ rule }]) => rule },
      { title: "passes", cell: ([{ passes }]) => String(passes) },
      { title: "gradients", cell: (runs) => mean(runs.map(({ gradients }) => gradients)).toFixed(0) },
      { title: "crafting", cell: (runs) => mean(runs.map(({ crafting }) => crafting)).toFixed(3) },
      { title: "held out", cell: (runs) => mean(rates(runs)).toFixed(3) },
      { title: "+-", cell: (runs) => deviation(rates(runs)).toFixed(3) },
      { title: "least", cell: (runs) => Math.min(...rates(runs)).toFixed(3) },
      { title: "seconds", cell: (runs) => mean(runs.map(({ seconds }) => seconds)).toFixed(1) },
    ],
    [...groups.values()],
  );
}

const cases = CASES.filter(({ name }) => given.cases.split(",").includes(name));
const names = given.rules.split(";").map((name) => name.trim());
const unknown = names.find((name) => !(name in RULES));
if (unknown !== undefined || cases.length === 0)
  throw new Error(
    `rules: expected --cases of ${CASES.map(({ name }) => name).join(",")} and --rules of ${Object.keys(RULES).join(";")}`,
  );
const outcomes: Outcome[] = [];
for (const c of cases)
  if (existsSync(`${shared}/models/${c.model}`))
    outcomes.push(...(await measure(c, names, Number(given.seeds))));
console.log(`${machineText(describeMachine())}\n`);
console.log(tableOf(outcomes));
if (given.json) await writeFile(given.json, JSON.stringify(outcomes, null, 1));
