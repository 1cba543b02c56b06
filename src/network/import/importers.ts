import type { FileImporter } from "./importer.js";
import type { ModelKind } from "./kind.js";
import * as layersModel from "./layers_model/load.js";

/** The importer of each kind of file. Those that a page may never need are loaded when they are. */
export const IMPORTERS: Readonly<Record<ModelKind, () => Promise<FileImporter> | FileImporter>> = {
  "layers-model": () => layersModel,
  "graph-model": () => import("./graph_model/load.js"),
  onnx: () => import("./onnx/load.js"),
};
