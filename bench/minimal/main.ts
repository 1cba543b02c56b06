/**
 * How small the perturbations of each image are that every method finds, and what it takes: median and mean norm, also as a
 * share of DeepFool's, gradients an image, alignment and seconds.
 *
 *   node bench/run.mjs minimal [--networks resnet20,mnist] [--ways "sdf;fmn, 100 steps"] [--images 64] [--norm 2] [--clip]
 *                              [--threads 0] [--json file]
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import type { MinimalOptions } from "../../src/api/minimal/options.js";
import { minimalPerturbation } from "../../src/api/minimal.js";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { resolveInput } from "../../src/network/input.js";
import { readImages } from "../images.js";
import { describeMachine } from "../machine.js";
import { nodeFiles, shared } from "../node_files.js";
import { programOptions } from "../program_options.js";
import { machineText } from "../runtime.js";
import { type Outcome, timedTable } from "./outcome.js";

/** Folders of `../shared/models` and `../shared/images`, those that the golden results are of. */
const NETWORKS: Readonly<Record<string, { readonly model: string; readonly set: string }>> = {
  resnet20: { model: "cifar10_resnet20", set: "cifar10_test" },
  mnist: { model: "mnist_cnn", set: "mnist_test" },
};

const WAYS: Readonly<Record<string, MinimalOptions>> = {
  deepfool: { method: "deepfool" },
  "sdf, paper": { method: "sdf", variant: "paper" },
  "sdf, one start": { method: "sdf", starts: 0 },
  sdf: { method: "sdf" },
  "fmn, 100 steps": { method: "fmn" },
  "fmn, 300 steps": { method: "fmn", steps: 300 },
};

const given = programOptions(
  `Usage: npm run bench:minimal -- [options]

  --networks A,B  ${Object.keys(NETWORKS).join(", ")} (all)
  --ways "A;B"    ${Object.keys(WAYS).join("; ")} (all)
  --images N      how many (64)
  --norm N        2 or inf (2)
  --clip          keep the perturbed images within their range
  --threads N     of our engine (0)
  --json FILE     also write every run to a file`,
  {
    networks: { type: "string", default: Object.keys(NETWORKS).join(",") },
    ways: { type: "string", default: Object.keys(WAYS).join(";") },
    images: { type: "string", default: "64" },
    norm: { type: "string", default: "2" },
    clip: { type: "boolean", default: false },
    threads: { type: "string", default: "0" },
    json: { type: "string" },
  },
);

async function measure(network: string, ways: readonly string[]): Promise<Outcome[]> {
  const { model, set } = NETWORKS[network];
  const folder = `${shared}/models/${model}`;
  const { preprocessing } = JSON.parse(await readFile(`${folder}/reference.json`, "utf8"));
  const built = buildNetwork(await openModel(`${folder}/tfjs_layers/model.json`));
  const input = resolveInput(
    { mean: preprocessing.mean, std: preprocessing.std },
    built.input.shape.at(-1) as number,
  );
  using engine = await createWasmEngine(built, input, { threads: Number(given.threads) });
  const { values } = await readImages(nodeFiles, `${shared}/images/${set}`, Number(given.images));
  const common = {
    norm: given.norm === "inf" ? Infinity : 2,
    ...(!given.clip && { bounds: [-Infinity, Infinity] as const }),
  } as const;
  const base = await minimalPerturbation(engine, values, { ...common, method: "deepfool" });
  const outcomes: Outcome[] = [];
  for (const way of ways) {
    const begin = performance.now();
    const hit = await minimalPerturbation(engine, values, { ...common, ...WAYS[way] });
    const seconds = (performance.now() - begin) / 1000;
    const { labels } = await engine.logits(hit.adversarial);
    if (hit.succeeded.some((one, n) => one === 1 && labels[n] === hit.labels[n]))
      throw new Error(`minimal: ${way} says that an image is fooled that is not`);
    const ratios = [...hit.norms].map((norm, n) => norm / base.norms[n]);
    const fooled = [...hit.norms].filter((norm) => norm < Infinity);
    outcomes.push({
      ...{ network, way, images: hit.norms.length, fooled: fooled.length, seconds },
      median: median(hit.norms),
      mean: mean(fooled),
      ofMedians: median(hit.norms) / median(base.norms),
      medianRatio: median(ratios),
      largestRatio: Math.max(...ratios),
      gradients: mean(hit.gradients),
      alignment: median(hit.alignment),
    });
    process.stderr.write(`${JSON.stringify(outcomes.at(-1))}\n`);
  }
  return outcomes;
}

function median(values: Iterable<number>): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

function mean(values: Iterable<number>): number {
  const all = [...values];
  return all.reduce((sum, x) => sum + x, 0) / all.length;
}

const networks = given.networks.split(",");
const ways = given.ways.split(";").map((way) => way.trim());
if (networks.some((name) => !(name in NETWORKS)) || ways.some((way) => !(way in WAYS)))
  throw new Error(
    `minimal: expected --networks of ${Object.keys(NETWORKS).join(",")} and --ways of ${Object.keys(WAYS).join(";")}`,
  );
const outcomes: Outcome[] = [];
for (const name of networks)
  if (existsSync(`${shared}/models/${NETWORKS[name].model}`)) outcomes.push(...(await measure(name, ways)));
const machine = describeMachine();
console.log(`${machineText(machine)}\n`);
console.log(timedTable(outcomes));
if (given.json) await writeFile(given.json, `${JSON.stringify({ machine, outcomes }, null, 1)}\n`);
