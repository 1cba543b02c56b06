import { type InspectedLayer, type InspectedModel, inspect as inspectModel } from "../../index.js";
import type { Console } from "../console.js";
import { plural } from "../format.js";
import { findModel, loadingOptions, type ModelOptions } from "../inputs.js";
import type { Report } from "../report.js";

export type InspectOptions = Pick<ModelOptions, "model" | "demo" | "inputShape" | "output" | "classesFile">;

/** `unifool inspect`: what a model is made of, what it costs, and what unifool cannot run of it. */
export async function inspect(options: InspectOptions, console: Console): Promise<Report> {
  const { model, modelName } = await findModel(options);
  const found = await inspectModel(model, await loadingOptions(options));
  if (!found.supported) {
    const { unsupported, unchecked, message } = found;
    console.print(`${modelName} cannot be run: ${message}`);
    for (const { layer, operator, detail, wayOut } of unsupported)
      console.print(
        `unsupported      ${layer}: ${operator}${detail ? ` (${detail})` : ""}${wayOut ? `; ${wayOut}` : ""}`,
      );
    if (unchecked > 0)
      console.print(`unchecked        ${plural(unchecked, "layer")} behind them, whose inputs are unknown`);
    return { command: "inspect", model: modelName, supported: false, unsupported, unchecked };
  }

  const { layers, input } = found;
  printTable(layers, console);
  console.print(`\nmodel            ${modelName} (${found.name})`);
  console.print(`input            ${input.shape.join("x")}, try --range ${input.range.join(",")}`);
  console.print(`classes          ${found.classes}${ending(found)}`);
  console.print(`parameters       ${count(found.parameters)}`);
  console.print(`multiply-adds    ${count(found.multiplyAdds)} an image`);
  console.print(
    `operators        ${Object.entries(found.operators)
      .map(([op, n]) => `${op} ${n}`)
      .join(", ")}`,
  );
  console.print(`unsupported      none of ${plural(layers.length, "layer")}`);
  console.print(`note             ${input.note}`);
  return { command: "inspect", model: modelName, ...found };
}

function printTable(layers: readonly InspectedLayer[], console: Console): void {
  const names = Math.min(48, Math.max(5, ...layers.map((layer) => layer.name.length)));
  const row = (name: string, operator: string, shape: string, parameters: string, work: string) =>
    console.print(
      `${name.padEnd(names)}  ${operator.padEnd(18)}  ${shape.padEnd(12)} ${parameters.padStart(10)} ${work.padStart(14)}`,
    );
  row("layer", "operator", "output", "parameters", "multiply-adds");
  for (const { name, operator, shape, parameters, multiplyAdds } of layers)
    row(name, operator, shape.join("x"), count(parameters), count(multiplyAdds));
}

/** `1234567` as `1.23 M`. */
function count(value: number): string {
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const)
    if (value >= size) return `${(value / size).toPrecision(3)} ${unit}`;
  return String(value);
}

function ending({ strippedSoftmax, strippedSigmoid, singleScore }: InspectedModel): string {
  const sigmoid = strippedSigmoid ? "the final sigmoid is left out" : undefined;
  const notes = [
    strippedSoftmax ? "the final softmax is left out" : sigmoid,
    singleScore ? "one score z, logits 0 and z" : undefined,
  ].filter((note) => note !== undefined);
  return notes.length > 0 ? ` (${notes.join("; ")})` : "";
}
