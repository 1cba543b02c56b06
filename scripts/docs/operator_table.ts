import { isAbsent } from "../../src/kernels/absent.js";
import { facts } from "../../src/kernels/operators/facts.generated.js";
import { references } from "../../src/kernels/operators/references.generated.js";
import { tfjs } from "../../src/kernels/operators/tfjs.generated.js";
import { wasm } from "../../src/kernels/operators/wasm.generated.js";
import { webgpu } from "../../src/kernels/operators/webgpu.generated.js";
import { GRAPH_MODEL_COVERAGE } from "../../src/network/import/graph_model/operators/registry.js";
import { LAYERS_MODEL_COVERAGE } from "../../src/network/import/layers_model/layers/registry.js";
import { ONNX_COVERAGE } from "../../src/network/import/onnx/operators/registry.js";
import type { OpName } from "../../src/network/spec.js";

const ENGINES = { wasm, webgpu, tfjs, reference: references };

/** One a kind of file. */
const IMPORTERS: Readonly<Record<string, ReadonlyMap<OpName, readonly string[]>>> = {
  ONNX: ONNX_COVERAGE,
  "tfjs GraphModel": GRAPH_MODEL_COVERAGE,
  "tfjs LayersModel": LAYERS_MODEL_COVERAGE,
};

/** Operators by engines and importers, in Markdown, of the tables that the package runs on. */
export function operatorTable(): string {
  const engines = Object.entries(ENGINES);
  const importers = Object.entries(IMPORTERS);
  const header = ["operator", ...engines.map(([name]) => `\`${name}\``), ...importers.map(([name]) => name)];
  const rows = (Object.keys(references) as OpName[])
    .sort()
    .map((operator) => [
      operator,
      ...engines.map(([, table]) =>
        isAbsent(table[operator]) ? (facts[operator].reshapes ? "free" : "-") : "yes",
      ),
      ...importers.map(([, coverage]) => coverage.get(operator)?.join(", ") ?? ""),
    ]);
  const table = [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  const absences = (Object.keys(references) as OpName[]).flatMap((operator) => {
    const reference = references[operator];
    return isAbsent(reference) ? [`${operator}: ${reference.absent} is not computed by any engine.`] : [];
  });
  return [...table, "", ['"free": another name for the same values.', ...absences].join(" ")].join("\n");
}
