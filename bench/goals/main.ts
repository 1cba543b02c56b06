/**
 * What universal perturbations of other kinds reach: one class for all images, class by class, and no images at all. Of the last v
 * of a run, on images that were in neither crafting nor selection, beside random signs as large.
 *
 *   node bench/run.mjs goals [--seeds 3] [--threads 2] [--networks resnet20,squeezenet,mobilenetv2] [--json file]
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { foolingRate } from "../../src/api/evaluate.js";
import { universalPerturbation } from "../../src/api/universal.js";
import type { WasmEngine } from "../../src/engines/wasm/engine.js";
import { describeMachine } from "../machine.js";
import { shared } from "../node_files.js";
import { programOptions } from "../program_options.js";
import { CASES, type RuleCase } from "../rules/cases.js";
import { imagesOf, openCase } from "../rules/open_case.js";
import { type GoalOutcome, type MeasuredGoals, report } from "./outcome.js";

const CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
/** Of a targeted run, as many as the best rule takes for its rate; of a data-free one, 500 jigsaws each. */
const PASSES = 5;

const given = programOptions(
  `Usage: npm run bench:goals -- [options]

  --networks A,B  resnet20, squeezenet, mobilenetv2 (all); one class for all images on the first alone
  --seeds N       seeds of each (3)
  --threads N     of our engine (auto)
  --json FILE     also write every run to a file`,
  {
    seeds: { type: "string", default: "3" },
    threads: { type: "string", default: "auto" },
    networks: { type: "string", default: "resnet20,squeezenet,mobilenetv2" },
    json: { type: "string" },
  },
);
const seeds = Array.from({ length: Number(given.seeds) }, (_, seed) => seed);
const wanted = given.networks.split(",");

async function targeted(c: RuleCase): Promise<GoalOutcome[]> {
  using engine = await openCase(c, given.threads);
  const [crafting, heldOut] = [await imagesOf(c.crafting), await imagesOf(c.heldOut)];
  const outcomes: GoalOutcome[] = [];
  for (const [index, name] of CLASSES.entries())
    for (const seed of seeds) {
      const options = { ...c.options, method: "momentum", passes: PASSES, target: index, seed } as const;
      const uap = await universalPerturbation(engine, crafting, options);
      outcomes.push({
        network: c.name,
        seed,
        target: { index, name },
        crafting: uap.history.at(-1)?.foolingRate,
        ...(await judged(engine, heldOut, uap.last, c, seed, index)),
      });
      say(outcomes.at(-1));
    }
  return outcomes;
}

async function dataFree(c: RuleCase): Promise<GoalOutcome[]> {
  using engine = await openCase(c, given.threads);
  const heldOut = await imagesOf(c.heldOut);
  const outcomes: GoalOutcome[] = [];
  for (const seed of seeds) {
    const options = { ...c.options, method: "momentum", passes: PASSES, dataFree: true, seed } as const;
    const uap = await universalPerturbation(
      engine,
      heldOut.subarray(0, heldOut.length / c.heldOut.count),
      options,
    );
    outcomes.push({ network: c.name, seed, ...(await judged(engine, heldOut, uap.last, c, seed)) });
    say(outcomes.at(-1));
  }
  return outcomes;
}

async function judged(
  engine: WasmEngine,
  images: Float32Array,
  v: Float32Array,
  { options: { norm } }: RuleCase,
  seed: number,
  target?: number,
): Promise<Pick<GoalOutcome, "heldOut" | "baseline" | "counted">> {
  const { rate, baseline, counted } = await foolingRate(engine, images, v, {
    target,
    baseline: { norm, seed },
  });
  return { heldOut: rate, baseline: baseline?.rate ?? Number.NaN, counted };
}

function say(outcome: GoalOutcome | undefined): void {
  process.stderr.write(`${JSON.stringify(outcome)}\n`);
}

const there = CASES.filter(
  ({ name, model }) => wanted.includes(name) && existsSync(`${shared}/models/${model}`),
);
if (there.length === 0)
  throw new Error(
    `goals: --networks is ${given.networks}, expected some of resnet20, squeezenet, mobilenetv2`,
  );
const [withClasses] = there.filter(({ name }) => name === "resnet20");
const withoutImages: GoalOutcome[] = [];
for (const c of there) withoutImages.push(...(await dataFree(c)));
const measured: MeasuredGoals = {
  machine: describeMachine(),
  targeted: withClasses ? await targeted(withClasses) : [],
  dataFree: withoutImages,
};
console.log(report(measured));
if (given.json) await writeFile(given.json, `${JSON.stringify(measured, null, 1)}\n`);
