/** What a file is, told by how it begins and, where that says nothing, by its name. */
import { rejectModel } from "./failure.js";
import { ascii, isJson } from "./starts.js";

/** Files that importers are for. */
export type ModelKind = "layers-model" | "graph-model" | "onnx";

/** Files that are something else, and what to do about them. */
export type OtherKind = keyof typeof OTHERS;

const LAYERS_MODEL = "makes a LayersModel of";

export const OTHERS = {
  "git-lfs": "it is a Git LFS pointer, not the file itself: fetch it with git lfs pull",
  html: "it is a web page, not a model: look whether the address asks for a login or a download link",
  zip: "it is a zip archive in another: unpack it and give the model in it",
  keras: `it is a Keras file, which tensorflowjs_converter --input_format=keras ${LAYERS_MODEL}`,
  tflite: "it is a TensorFlow Lite file: convert the model that it was made from to ONNX or tfjs",
  pytorch: "it is a PyTorch file: export the model with torch.onnx.export",
  safetensors: "it is a file of weights without a network: export the model to ONNX or tfjs",
  "saved-model":
    "it is a TensorFlow graph: convert it with tensorflowjs_converter --input_format=tf_saved_model, or with tf2onnx",
  "tfjs-0":
    "it is a model of TensorFlow.js 0.x: convert it to a model.json with tensorflowjs_pb2json or tensorflowjs_converter 1.x",
  pdf: "it is a PDF document, not a model: give the model.json of a tfjs model or an ONNX file",
  picture: "it is a picture, not a model: give it with the images, and here the model that they are for",
  numpy:
    "it is an array of NumPy, not a model: images and perturbations are kept so; export the model to ONNX or tfjs",
  archive: "it is a packed archive that is no zip: unpack it and give the model in it",
  weights: "it is a weights file",
  empty: "it is empty",
  unknown: "it is not JSON",
} as const;

/** Files that a few bytes tell apart, whatever their names: how they begin, from the first byte or another on. */
const SIGNATURES: readonly (readonly [kind: OtherKind, bytes: string, at?: number])[] = [
  ["keras", "\u0089HDF\r\n"],
  ["tflite", "TFL3", 4],
  ["pdf", "%PDF-"],
  ["picture", "\u0089PNG\r\n"],
  ["picture", "\u00ff\u00d8\u00ff"],
  ["picture", "GIF8"],
  ["picture", "WEBP", 8],
  ["picture", "ftypavif", 4],
  ["picture", "ftypheic", 4],
  ["picture", "II*\0"],
  ["picture", "MM\0*"],
  ["numpy", "\u0093NUMPY"],
  ["archive", "\u001f\u008b"],
  ["archive", "7z\u00bc\u00af"],
  ["archive", "Rar!"],
  ["archive", "\u00fd7zXZ"],
  ["archive", "ustar", 257],
];

/** @param label name of the file, which decides between formats that begin alike */
export function kindOf(bytes: Uint8Array, label: string): "json" | "onnx" | OtherKind {
  const name = label.toLowerCase();
  if (bytes.length === 0) return "empty";
  if (isJson(bytes)) return "json";
  const text = ascii(bytes, 0, 64);
  if (text.startsWith("version https://git-lfs")) return "git-lfs";
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) return "html";
  if (text.startsWith("PK\u0003\u0004"))
    return name.endsWith(".keras") ? "keras" : /\.(pt|pth|ckpt|bin)$/.test(name) ? "pytorch" : "zip";
  const signed = SIGNATURES.find(([, begin, at = 0]) => ascii(bytes, at, begin.length) === begin);
  if (signed) return signed[0];
  if (bytes[0] === 0x80 && bytes[1] < 6) return "pytorch";
  if (ascii(bytes, 8, 1) === "{") return "safetensors";
  // Its nodes come first, and those of a SavedModel after a version.
  if (/tensorflowjs_model[^/]*\.pb$/.test(name)) return "tfjs-0";
  if (name.endsWith(".pb") || text.startsWith("\u0008\u0001\u0012")) return "saved-model";
  if (/\.(h5|hdf5|keras)$/.test(name)) return "keras";
  if (name.endsWith(".onnx") || isModelProto(bytes)) return "onnx";
  // Two letters alone would say little, but for the size of the file behind them.
  if (text.startsWith("BM") && bytes.length >= 26 && sizeOfBitmap(bytes) === bytes.length) return "picture";
  return name.endsWith(".bin") ? "weights" : "unknown";
}

/** @throws ModelError for a file that is no ONNX file and no description, saying what it is */
export function checkOnnx(bytes: Uint8Array, where: string): void {
  const kind = kindOf(bytes, where);
  if (kind === "onnx" || kind === "json") return;
  const isModelLike = kind === "weights" || kind === "empty" || kind === "unknown";
  rejectModel(
    where,
    `${OTHERS[kind]}${isModelLike ? ", expected the model.json of a tfjs model or an ONNX file" : ""}`,
  );
}

function sizeOfBitmap({ buffer, byteOffset }: Uint8Array): number {
  return new DataView(buffer, byteOffset).getUint32(2, true);
}

/** Whether it begins like an ONNX file: ir_version, a number of 3 or more in field 1, then another field's tag. */
function isModelProto([tag, version, next]: Uint8Array): boolean {
  return (
    tag === 0x08 && version >= 3 && version < 64 && [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42].includes(next)
  );
}
