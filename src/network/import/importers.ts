import type { FileImporter } from "./importer.js";
import type { ModelKind } from "./kind.js";
import * as layersModel from "./layers_model/load.js";

/** An importer, or why there is none. */
type Entry = (() => Promise<FileImporter> | FileImporter) | { readonly missing: string };

/** The importer of each kind of file. Those that a page may never need are loaded when they are. */
export const IMPORTERS: Readonly<Record<ModelKind, Entry>> = {
  "layers-model": () => layersModel,
  "graph-model": { missing: "it is a GraphModel, which is not supported yet; expected a LayersModel" },
  onnx: {
    missing: "it is an ONNX file, which is not supported yet, expected the model.json of a tfjs LayersModel",
  },
};
