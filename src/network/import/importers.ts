import type { FileImporter } from "./importer.js";
import type { ModelKind } from "./kind.js";

/** The importer of each kind of file, loaded when there is one. */
export const IMPORTERS: Readonly<Record<ModelKind, () => Promise<FileImporter>>> = {
  "layers-model": () => import("./layers_model/load.js"),
  "graph-model": () => import("./graph_model/load.js"),
  onnx: () => import("./onnx/load.js"),
};
