/** What a file is, told by how it begins and, where that says nothing, by its name. */

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
  weights: "it is a weights file",
  empty: "it is empty",
  unknown: "it is not JSON",
} as const;

/** A topology is a few megabytes. */
const LARGEST_JSON = 2 ** 28;
/** What an ArrayBuffer may be everywhere. */
const LARGEST_FILE = 2 ** 31 - 1;

/** How long a file may be that begins so. */
export function limitOf(head: Uint8Array): number {
  return isJson(head) ? LARGEST_JSON : LARGEST_FILE;
}

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
  if (text.startsWith("\u0089HDF\r\n")) return "keras";
  if (ascii(bytes, 4, 4) === "TFL3") return "tflite";
  if (bytes[0] === 0x80 && bytes[1] < 6) return "pytorch";
  if (ascii(bytes, 8, 1) === "{") return "safetensors";
  // Its nodes come first, and those of a SavedModel after a version.
  if (/tensorflowjs_model[^/]*\.pb$/.test(name)) return "tfjs-0";
  if (name.endsWith(".pb") || text.startsWith("\u0008\u0001\u0012")) return "saved-model";
  if (/\.(h5|hdf5|keras)$/.test(name)) return "keras";
  if (name.endsWith(".onnx") || isModelProto(bytes)) return "onnx";
  return name.endsWith(".bin") ? "weights" : "unknown";
}

/** Whether it begins like an ONNX file: ir_version, a number of 3 or more in field 1, then another field's tag. */
function isModelProto([tag, version, next]: Uint8Array): boolean {
  return (
    tag === 0x08 && version >= 3 && version < 64 && [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42].includes(next)
  );
}

function isJson(bytes: Uint8Array): boolean {
  const text = ascii(bytes, 0, 64).replace(/^\u00ef\u00bb\u00bf/, "");
  return /^\s*[{[]/.test(text);
}

function ascii(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}
