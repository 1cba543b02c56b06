import {
  type InputOptions,
  type InspectedLayer,
  type InspectedModel,
  type Inspection,
  inspect as inspectModel,
  loadModel,
} from "../../index.js";
import type { Console } from "../console.js";
import { percent, plural } from "../format.js";
import { checkPresent, findModel, type ImageOptions, loadingOptions, openImages } from "../inputs.js";
import { loadingStatus } from "../loading.js";
import type { Report } from "../report.js";

export type InspectOptions = Omit<ImageOptions, "backend" | "threads" | "weights" | "deterministic">;

/** Images are computed in float64, and shares of live units differ little between them. */
const IMAGES = 4;

/** `unifool inspect`: what a model is made of, what it costs, and what unifool cannot run of it. */
export async function inspect(options: InspectOptions, console: Console): Promise<Report> {
  const { model, modelName, input } = findModel(options);
  await checkPresent(options.images);
  const found = await lookAt(model, input, options, console);
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

  const { layers } = found;
  printTable(layers, console);
  printKernels(layers, console);
  console.print(`\nmodel            ${modelName} (${found.name})`);
  console.print(
    `input            ${found.input.shape.join("x")}, try --range ${found.input.range.join(",")}`,
  );
  console.print(`classes          ${found.classes}${ending(found)}`);
  console.print(`parameters       ${count(found.parameters)}`);
  console.print(`multiply-adds    ${count(found.multiplyAdds)} an image`);
  console.print(
    `operators        ${Object.entries(found.operators)
      .map(([op, n]) => `${op} ${n}`)
      .join(", ")}`,
  );
  console.print(`unsupported      none of ${plural(layers.length, "layer")}`);
  for (const warning of found.warnings) console.print(`warning          ${warning}`);
  console.print(`note             ${found.input.note}`);
  return { command: "inspect", model: modelName, ...found };
}

async function lookAt(
  model: string,
  input: InputOptions,
  options: InspectOptions,
  console: Console,
): Promise<Inspection> {
  const loading = await loadingOptions(options);
  const onProgress = loadingStatus(model, console);
  const found = await inspectModel(model, { ...loading, kernels: true, onProgress });
  const { images: path, limit = IMAGES } = options;
  if (!found.supported || path === undefined) return found;
  const network = await loadModel(model, loading);
  const { range } = input;
  const target = { inputShape: network.input.shape, range: range ?? ([0, 1] as const) };
  const { images } = await openImages(path, target, { limit, strict: options.strict }, console);
  return inspectModel(network, { kernels: true, images, input });
}

function printTable(layers: readonly InspectedLayer[], console: Console): void {
  const names = Math.min(48, Math.max(5, ...layers.map((layer) => layer.name.length)));
  const isMeasured = layers.some(({ live }) => live !== undefined);
  const row = (...[name, operator, shape, parameters, work, live]: readonly string[]) =>
    console.print(
      `${name.padEnd(names)}  ${operator.padEnd(18)}  ${shape.padEnd(12)} ${parameters.padStart(10)} ${work.padStart(14)}${live && `  ${live.padStart(6)}`}`,
    );
  row("layer", "operator", "output", "parameters", "multiply-adds", isMeasured ? "  live" : "");
  for (const { name, operator, shape, parameters, multiplyAdds, live } of layers)
    row(
      name,
      operator,
      shape.join("x"),
      count(parameters),
      count(multiplyAdds),
      live === undefined ? "" : percent(live),
    );
}

/** What runs for the layers, those alike on one line. */
function printKernels(layers: readonly InspectedLayer[], console: Console): void {
  for (const engine of ["wasm", "webgpu"] as const) {
    const counts = new Map<string, number>();
    for (const { operator, kernels } of layers) {
      const { forward = [], backward = [] } = kernels?.[engine] ?? {};
      if (forward.length + backward.length === 0) continue;
      const line = `${operator.padEnd(18)}  ${forward.join(", ") || "-"}; back ${backward.join(", ") || "-"}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
    console.print(`\nkernels, ${engine}`);
    for (const [line, n] of counts) console.print(`${String(n).padStart(5)}  ${line}`);
  }
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
