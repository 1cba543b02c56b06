import { readFile } from "node:fs/promises";
import { createWasmEngine, type WasmEngine } from "../../src/engines/wasm/engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { resolveInput } from "../../src/network/input.js";
import { readImages } from "../images.js";
import { nodeFiles, shared } from "../node_files.js";
import type { RuleCase } from "./cases.js";

/** @param threads as the command line has them: a number, or "auto" */
export async function openCase({ model }: RuleCase, threads: string): Promise<WasmEngine> {
  const folder = `${shared}/models/${model}`;
  const { preprocessing } = JSON.parse(await readFile(`${folder}/reference.json`, "utf8"));
  const network = buildNetwork(await openModel(`${folder}/tfjs_layers/model.json`));
  const { mean, std } = preprocessing;
  const input = resolveInput({ mean, std }, network.input.shape.at(-1) as number);
  return createWasmEngine(network, input, { threads: threads === "auto" ? "auto" : Number(threads) });
}

export async function imagesOf({ set, from, count }: RuleCase["crafting"]): Promise<Float32Array> {
  const all = await readImages(nodeFiles, `${shared}/images/${set}`, from + count);
  return all.values.subarray((from * all.values.length) / all.count);
}
