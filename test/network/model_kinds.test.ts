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
