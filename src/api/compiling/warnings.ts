import { show } from "../../engines/arguments.js";
import type { Engine } from "../../engines/engine.js";
import type { WebgpuEngine } from "../../engines/webgpu/engine.js";
import { type InputOptions, resolveInput } from "../../network/input.js";
import type { Network } from "../../network/spec.js";
import { oddityOf } from "../oddities.js";
import { rescaledTwice } from "../suggested_input.js";
import type { Settings } from "./options.js";

/** A page from elsewhere than https or localhost can be no such thing, whatever its headers say. */
const needsSecurity = (): string =>
  globalThis.isSecureContext === false ? ", and served by https or from localhost" : "";

/** What seems odd about an engine, its network and what was asked for, a line each. */
export async function warningsFor(
  engine: Engine,
  network: Network | undefined,
  { threads, deterministic, input, signal }: Settings,
): Promise<string[]> {
  const warnings: string[] = [];
  const { backend } = engine;
  const working = "threads" in engine && typeof engine.threads === "number" ? engine.threads : 0;
  if (typeof threads === "number" && threads > Math.max(1, working))
    warnings.push(
      backend === "wasm"
        ? `compile: threads is ${threads}, but without SharedArrayBuffer one thread computes; in a browser the page must be cross-origin isolated${needsSecurity()}`
        : `compile: threads is ${threads}, but backend "${backend}" computes without worker threads`,
    );
  if ("withoutWorkers" in engine && engine.withoutWorkers)
    warnings.push(`${engine.withoutWorkers}; until then the thread that calls computes, and blocks`);
  if (deterministic && backend !== "wasm" && backend !== "reference")
    warnings.push(`compile: deterministic is true, but backend "${backend}" rounds as its device does`);
  if ("onProcessor" in engine && engine.onProcessor)
    warnings.push(
      `compile: the WebGPU adapter ("${(engine as WebgpuEngine).adapter}") computes on the processor, expected a GPU; ` +
        '{ backend: "wasm" } is faster there',
    );
  warnings.push(...oddScales(input));
  if (network) {
    warnings.push(...(network.warnings ?? []).map((text) => `compile: ${text}`));
    const rescaled = rescaledTwice(network, resolveInput(input, network.input.shape.at(-1) ?? 1));
    warnings.push(...oddEndings(network), ...(rescaled ? [rescaled] : []));
  }
  const oddity = await oddityOf(engine, signal);
  const outputs = `compile: the outputs of "${network?.name ?? "the model"}"`;
  if (oddity === "probabilities" && !network?.strippedSoftmax)
    warnings.push(
      `${outputs} look like probabilities, expected logits; DeepFool's distances mean little on probabilities`,
    );
  if (oddity === "NaN")
    warnings.push(
      `${outputs} are NaN at an image of noise, expected numbers; a value of the network overflows there, or one of its weights is NaN`,
    );
  if (oddity === "infinite")
    warnings.push(
      `${outputs} are infinite at an image of noise, expected finite numbers; DeepFool takes no steps there`,
    );
  return warnings;
}

/** A mean or std that can hardly be of images scaled to [0, 1], which both are meant for: one of pixels up to 255, mostly. */
function oddScales(input: InputOptions | undefined): string[] {
  const largest = (value: number | readonly number[] | undefined) =>
    Math.max(0, ...[value ?? 0].flat().map(Math.abs));
  return (["mean", "std"] as const)
    .filter((name) => largest(input?.[name]) > 1)
    .map(
      (name) =>
        `compile: input.${name} is ${show(input?.[name])}, expected at most 1; mean and std are of images scaled to [0, 1], whatever the range`,
    );
}

/** What a classifier's last layer says about its labels, where that is not one class of several. */
function oddEndings({ name, classes, strippedSigmoid, singleScore }: Network): string[] {
  if (strippedSigmoid && !singleScore)
    return [
      `compile: "${name}" ends in a sigmoid over ${classes} outputs, so an image may have several labels, expected one; its label here is the likeliest`,
    ];
  if (singleScore && !strippedSigmoid)
    return [
      `compile: "${name}" has one output and no sigmoid, expected class scores; it is taken as the logit of class 1, positive where that class is`,
    ];
  return [];
}
