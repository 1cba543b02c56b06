/**
 * How soon a fooling rate is reached: our methods beside sign-SGD and SGA in PyTorch, on the pretrained ResNet-20, 500 crafting
 * images, l_inf 10/255, judged on 600 others. `npm run docs` draws the results.
 *
 *   node bench/run.mjs rates [--seeds 3] [--threads 2] [--engine wasm|webgpu] [--contenders "unifool momentum;..."]
 *                            [--json bench/rates/results.json]
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import type { GradientEngine } from "../../src/engines/engine.js";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { createWebgpuEngine } from "../../src/engines/webgpu/engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { resolveInput } from "../../src/network/input.js";
import { openGpu } from "../../test/support/webgpu.js";
import { readImages } from "../images.js";
import { describeMachine } from "../machine.js";
import { nodeFiles, shared } from "../node_files.js";
import { programOptions } from "../program_options.js";
import { machineText } from "../runtime.js";
import { formatTable } from "../table.js";
import { craftOurs, craftTorch, OURS, type Point, type RateCase, TORCH } from "./contenders.js";
import { LEVELS, timeTo } from "./time_to.js";

const folder = `${shared}/models/cifar10_resnet20`;
if (!existsSync(folder)) throw new Error(`rates: the network is not on this machine, expected ${folder}`);

const given = programOptions(
  `Usage: npm run bench:rates -- [options]

  --contenders "A;B"  ${[...Object.keys(OURS), ...Object.keys(TORCH)].join("; ")} (all)
  --seeds N           seeds of each (3)
  --threads N         of our engine, and of PyTorch (2)
  --engine E          wasm or webgpu (wasm)
  --json FILE         also write every run to a file`,
  {
    seeds: { type: "string", default: "3" },
    threads: { type: "string", default: "2" },
    engine: { type: "string", default: "wasm" },
    contenders: { type: "string", default: [...Object.keys(OURS), ...Object.keys(TORCH)].join(";") },
    json: { type: "string" },
  },
);
const threads = Number(given.threads);
const names = given.contenders.split(";").map((name) => name.trim());
const unknown = names.find((name) => !(name in OURS) && !(name in TORCH));
if (unknown !== undefined)
  throw new Error(
    `rates: no contender ${unknown}, expected some of ${[...Object.keys(OURS), ...Object.keys(TORCH)].join("; ")}`,
  );

/** An engine and what it computes with. */
interface Opened {
  readonly engine: GradientEngine;
  readonly variant: string;
}

async function openEngine(): Promise<Opened> {
  const { preprocessing } = JSON.parse(await readFile(`${folder}/reference.json`, "utf8"));
  const { mean, std } = preprocessing;
  const network = buildNetwork(await openModel(`${folder}/tfjs_layers/model.json`));
  const input = resolveInput({ mean, std }, 3);
  if (given.engine === "webgpu") {
    const engine = await createWebgpuEngine(network, input, { gpu: await openGpu() });
    return { engine, variant: engine.adapter };
  }
  const engine = await createWasmEngine(network, input, { threads });
  return { engine, variant: `WASM ${engine.variant}, ${threads} threads` };
}

async function measure(engine: GradientEngine): Promise<Point[]> {
  const size = 32 * 32 * 3;
  const images = async (set: string, count: number) =>
    (await readImages(nodeFiles, `${shared}/images/${set}`, count)).values.subarray(0, count * size);
  const heldOut = await images("cifar10_test", 600);
  const { labels } = await engine.logits(heldOut);
  const rates: RateCase = { crafting: await images("cifar10_train", 500), heldOut, labels, radius: 10 / 255 };
  const points: Point[] = [];
  const keep = (...found: readonly Point[]): void => {
    points.push(...found);
    for (const point of found) process.stderr.write(`${JSON.stringify(point)}\n`);
  };
  // What compiles while it runs does so before it counts.
  await craftOurs(engine, rates, "unifool momentum", 0.5, 0);
  // In turns, so that a busy moment of the machine meets all of them.
  for (let seed = 0; seed < Number(given.seeds); seed++)
    for (const name of names)
      if (name in OURS)
        for (const passes of OURS[name].passes) keep(await craftOurs(engine, rates, name, passes, seed));
      else
        keep(
          ...(await craftTorch(
            process.env.PYTHON ?? "python3",
            `${shared}/peers/peer_uap_torch.py`,
            name,
            threads,
            seed,
          )),
        );
  return points;
}

const { engine, variant } = await openEngine();
const points = await measure(engine);
engine.dispose();
console.log(`${machineText(describeMachine())}, ${variant}\n`);
console.log(
  formatTable<string>(
    [
      { title: "seconds of crafting to a held-out rate of", align: "left", cell: (name) => name },
      ...LEVELS.map((level) => ({
        title: `${100 * level} %`,
        cell: (name: string) => timeTo(points, name, level)?.toFixed(2) ?? "",
      })),
    ],
    names,
  ),
);
if (given.json) {
  const report = { machine: describeMachine(), variant, threads, date: new Date().toISOString(), points };
  await writeFile(given.json, `${JSON.stringify(report, null, 1)}\n`);
}
