import { describe, expect, it } from "vitest";
import { kindOf } from "../../src/network/import/kind.js";
import { openModel } from "../../src/network/import/open_model.js";

const bytes = (...parts: readonly (string | number)[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "number" ? [part] : Array.from(part, (letter) => letter.charCodeAt(0)),
    ),
  );

describe("a file is known by how it begins", () => {
  it.each([
    ["model.json", bytes('{"a": 1}'), "json"],
    ["model.json", bytes(0xef, 0xbb, 0xbf, "\n {"), "json"],
    ["model", bytes("[]"), "json"],
    ["net.onnx", bytes(8, 7, 0x12, 7, "pytorch"), "onnx"],
    ["net", bytes(8, 8, 0x3a, 99), "onnx"],
    // PyTorch's newest exporter begins with the graph.
    ["net.onnx", bytes(0x3a, 1, 0), "onnx"],
    ["net.json", bytes("version https://git-lfs.github.com/spec/v1\noid"), "git-lfs"],
    ["net.onnx", bytes("version https://git-lfs.github.com/spec/v1\noid"), "git-lfs"],
    ["model.json", bytes("<!DOCTYPE html>"), "html"],
    ["net.onnx", bytes("\n<html>"), "html"],
    ["model.zip", bytes("PK", 3, 4), "zip"],
    ["model.keras", bytes("PK", 3, 4), "keras"],
    ["model.pt", bytes("PK", 3, 4), "pytorch"],
    ["model.pth", bytes(0x80, 2, "ctorch"), "pytorch"],
    ["model.h5", bytes(0x89, "HDF\r\n", 0x1a), "keras"],
    ["model.h5", bytes(8, 7), "keras"],
    ["model.tflite", bytes(0x1c, 0, 0, 0, "TFL3"), "tflite"],
    ["model.safetensors", bytes(64, 0, 0, 0, 0, 0, 0, 0, '{"a"'), "safetensors"],
    ["model.json", bytes("%PDF-1.7"), "pdf"],
    ["net.onnx", bytes(0x89, "PNG\r\n", 0x1a), "picture"],
    ["cat.jpg", bytes(0xff, 0xd8, 0xff, 0xe0), "picture"],
    ["cat.gif", bytes("GIF89a"), "picture"],
    ["cat", bytes("RIFF", 1, 2, 3, 4, "WEBPVP8 "), "picture"],
    ["cat", bytes(0, 0, 0, 32, "ftypavif"), "picture"],
    ["cat", bytes(0, 0, 0, 32, "ftypheic"), "picture"],
    ["cat.tif", bytes("II*", 0), "picture"],
    ["cat.tif", bytes("MM", 0, "*"), "picture"],
    ["cat.bmp", bytes("BM", 26, 0, 0, 0, " ".repeat(20)), "picture"],
    ["net", bytes("BM", 27, 0, 0, 0, " ".repeat(20)), "unknown"],
    ["net", bytes("BM"), "unknown"],
    ["v.npy", bytes(0x93, "NUMPY", 1, 0), "numpy"],
    ["model.tgz", bytes(0x1f, 0x8b, 8), "archive"],
    ["model.7z", bytes("7z", 0xbc, 0xaf), "archive"],
    ["model.rar", bytes("Rar!"), "archive"],
    ["model.xz", bytes(0xfd, "7zXZ"), "archive"],
    ["model.tar", bytes("model.json", " ".repeat(247), "ustar"), "archive"],
    ["saved_model.pb", bytes(8, 1, 0x12, 4), "saved-model"],
    ["weights.bin", bytes(8, 7, 200, 1), "weights"],
    ["anything", bytes(1, 2, 3), "unknown"],
    ["anything", bytes(), "empty"],
  ] as const)("%s %j: %s", (name, content, kind) => {
    expect(kindOf(content, name)).toBe(kind);
  });
});

describe("a file that is no model says what it is and what to do", () => {
  it.each([
    ["version https://git-lfs.github.com/spec/v1\n", "the bytes: it is a Git LFS pointer", "git lfs pull"],
    ["<!doctype html><title>Sign in</title>", "it is a web page", "login"],
    ["PK\x03\x04", "it is a zip archive", "unpack"],
    ["%PDF-1.7", "it is a PDF document", "give the model.json"],
    ["\x89PNG\r\n", "it is a picture, not a model", "give it with the images"],
    ["\x93NUMPY", "array of NumPy, not a model", "export the model"],
    ["\x1f\x8b", "packed archive that is no zip", "unpack it"],
    ["\x89HDF\r\n", "it is a Keras file", "tensorflowjs_converter --input_format=keras"],
    ["\x1c\0\0\0TFL3", "it is a TensorFlow Lite file", "convert the model"],
    ["\x80\x02ctorch", "it is a PyTorch file", "torch.onnx.export"],
    ["\x40\0\0\0\0\0\0\0{", "weights without a network", "export the model"],
    ["\x08\x01\x12\x04", "it is a TensorFlow graph", "tf2onnx"],
    ['{"a": "NaN", "max_value": Infinity}', "it has Infinity at character 26", "write null or a number"],
    ['{"labels": ["a"], "tfjsVersion": "1.3.1"}', "metadata of a Teachable Machine", "model.json beside it"],
    ['{"format": "graph-model", "modelTopology": {"node": []}}', "no weightsManifest", "no weights"],
  ])("%j", async (content, what, help) => {
    const opening = openModel(bytes(content));
    await expect(opening).rejects.toThrow(what);
    await expect(opening).rejects.toThrow(help);
    await expect(opening).rejects.toMatchObject({
      name: "ModelError",
      message: expect.stringMatching(/^.*$/),
    });
  });
});
