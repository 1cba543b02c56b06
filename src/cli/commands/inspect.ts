import { buildNetwork, UnsupportedOperatorError } from "../../index.js";
import { loadLayersModel } from "../../network/layers_model/load.js";
import type { Network, Node, Shape } from "../../network/spec.js";
import type { Console } from "../console.js";
import { plural } from "../format.js";
import { findModel, type ModelOptions } from "../inputs.js";
import type { Report } from "../report.js";
import { multiplyAdds, weightsOf } from "./work.js";

export type InspectOptions = Pick<ModelOptions, "model" | "demo">;

interface Layer {
  readonly name: string;
  readonly operator: string;
  readonly shape: Shape;
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/** `unifool inspect`: what a model is made of, what it costs, and what unifool cannot run of it. */
export async function inspect(options: InspectOptions, console: Console): Promise<Report> {
  const { model, modelName } = await findModel(options);
  let network: Network;
  try {
    network = buildNetwork(await loadLayersModel(model));
  } catch (error) {
    if (!(error instanceof UnsupportedOperatorError)) throw error;
    const { layer, operator, others } = error;
    const unsupported = [{ layer, operator }, ...others];
    console.print(`${modelName} cannot be run: ${error.message}`);
    for (const each of unsupported) console.print(`unsupported      ${each.layer}: ${each.operator}`);
    return { command: "inspect", model: modelName, supported: false, unsupported };
  }

  const layers: Layer[] = network.nodes.map((node) => ({
    name: node.name,
    operator: node.op,
    shape: node.shape,
    parameters: weightsOf(node).reduce((sum, array) => sum + array.length, 0),
    multiplyAdds: multiplyAdds(node),
  }));
  const arrays = new Set(network.nodes.flatMap(weightsOf)); // shared layers share theirs
  const parameters = [...arrays].reduce((sum, array) => sum + array.length, 0);
  const total = layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0);
  const operators: Record<string, number> = {};
  for (const { op } of network.nodes) operators[op] = (operators[op] ?? 0) + 1;
  const input = suggestInput(network);

  printTable(layers, console);
  console.print(`\nmodel            ${modelName} (${network.name})`);
  console.print(`input            ${network.input.shape.join("x")}, try --range ${input.range.join(",")}`);
  console.print(
    `classes          ${network.classes}${network.strippedSoftmax ? " (the final softmax is left out)" : ""}`,
  );
  console.print(`parameters       ${count(parameters)}`);
  console.print(`multiply-adds    ${count(total)} an image`);
  console.print(
    `operators        ${Object.entries(operators)
      .map(([op, n]) => `${op} ${n}`)
      .join(", ")}`,
  );
  console.print(`unsupported      none of ${plural(layers.length, "layer")}`);
  console.print(`note             ${input.note}`);
  return {
    command: "inspect",
    model: modelName,
    name: network.name,
    supported: true,
    unsupported: [],
    input: { shape: network.input.shape, ...input },
    classes: network.classes,
    classNames: network.classNames ?? null,
    strippedSoftmax: network.strippedSoftmax,
    parameters,
    multiplyAdds: total,
    operators,
    layers,
  };
}

function printTable(layers: readonly Layer[], console: Console): void {
  const names = Math.min(48, Math.max(5, ...layers.map((layer) => layer.name.length)));
  const row = (name: string, operator: string, shape: string, parameters: string, work: string) =>
    console.print(
      `${name.padEnd(names)}  ${operator.padEnd(18)}  ${shape.padEnd(12)} ${parameters.padStart(10)} ${work.padStart(14)}`,
    );
  row("layer", "operator", "output", "parameters", "multiply-adds");
  for (const { name, operator, shape, parameters, multiplyAdds } of layers)
    row(name, operator, shape.join("x"), count(parameters), count(multiplyAdds));
}

/** What can be told of the images that the model wants: one that starts by dividing by about 128 or 255 takes bytes. */
function suggestInput(network: Network): {
  readonly range: readonly [number, number];
  readonly note: string;
} {
  const scale = firstScale(network);
  if (scale !== undefined && scale > 1 / 300 && scale < 1 / 100)
    return {
      range: [0, 255],
      note: "the model rescales pixels itself: with --range 0,255 pass --mean 0 --std 1/255 to hand them over unchanged",
    };
  return {
    range: [0, 1],
    note: "pixels in --range reach the model as (x - mean) / std of 0..1; the file does not say which --mean and --std it was trained with",
  };
}

/** The factor that the network multiplies its input by first, if it is one. */
function firstScale(network: Network): number | undefined {
  const first = network.nodes.find((node) => node.inputs.includes(network.input.name));
  if (first?.op !== "Mul") return undefined;
  const other = network.nodes.find(
    (node): node is Node & { op: "Constant" } => node.op === "Constant" && first.inputs.includes(node.name),
  );
  return other?.data[0];
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
