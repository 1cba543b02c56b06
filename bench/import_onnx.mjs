#!/usr/bin/env node
/**
 * Time and memory of reading an ONNX file of 50 MB, as PyTorch writes them: convolutions, batch normalisations, a dense layer, the
 * weights in the file. Needs the built package.
 *
 *   node bench/import_onnx.mjs [megabytes]
 *
 * The file lies in a temporary folder, and is read three times, each in a process of its own, with and without its weights
 * on a boundary of four bytes. Memory is the largest resident size beyond that of a process that has read a small file.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PbfWriter } from "pbf";

const [CHANNELS, SIDE, CLASSES] = [256, 16, 1000];

if (process.argv[2] === "read") {
  const { loadModel } = await import("../dist/index.js");
  const [small, large] = process.argv.slice(3);
  await loadModel(small);
  const before = process.resourceUsage().maxRSS;
  const start = performance.now();
  const network = await loadModel(large);
  const milliseconds = performance.now() - start;
  const kilobytes = process.resourceUsage().maxRSS - before;
  console.log(JSON.stringify({ milliseconds, kilobytes, nodes: network.nodes.length }));
} else {
  const megabytes = Number(process.argv[2] ?? 50);
  const folder = mkdtempSync(join(tmpdir(), "unifool-import-"));
  try {
    const small = join(folder, "small.onnx");
    writeFileSync(small, model(1, 0));
    for (const padding of [0, 1, 2, 3]) {
      const large = join(folder, `large${padding}.onnx`);
      writeFileSync(large, model(Math.round((megabytes * 1e6) / (36 * CHANNELS ** 2)), padding));
      const size = statSync(large).size;
      const runs = Array.from({ length: 3 }, () => run(small, large));
      const best = Math.min(...runs.map(({ milliseconds }) => milliseconds));
      const peak = Math.max(...runs.map(({ kilobytes }) => kilobytes)) * 1024;
      console.log(
        `${(size / 1e6).toFixed(1)} MB, ${runs[0].nodes} nodes, ${padding} bytes more in a name: ` +
          `${Math.round(best)} ms, ${(peak / 1e6).toFixed(0)} MB, ${(peak / size).toFixed(2)} of its size`,
      );
      rmSync(large);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(small, large) {
  const self = fileURLToPath(import.meta.url);
  return JSON.parse(execFileSync(process.execPath, [self, "read", small, large], { encoding: "utf8" }));
}

/** An ONNX file of `layers` convolutions with batch normalisations; `padding` more bytes in a name move all weights. */
function model(layers, padding) {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, 8);
  pbf.writeMessage(7, graph, { layers, padding });
  pbf.writeMessage(8, (_, opset) => opset.writeVarintField(2, 17), undefined);
  return pbf.finish();
}

function graph({ layers, padding }, pbf) {
  const tensors = [];
  const node = (type, inputs, output, attributes = {}) =>
    pbf.writeMessage(
      1,
      (_, out) => {
        for (const input of inputs) out.writeStringField(1, input);
        out.writeStringField(2, output);
        out.writeStringField(4, type);
        for (const [name, ints] of Object.entries(attributes))
          out.writeMessage(
            5,
            (_unused, attribute) => {
              attribute.writeStringField(1, name);
              if (Array.isArray(ints)) for (const n of ints) attribute.writeVarintField(8, n);
              else attribute.writeVarintField(3, ints);
            },
            undefined,
          );
      },
      undefined,
    );
  const weight = (name, dims, spread, offset = 0) => {
    tensors.push({ name, dims, spread, offset });
    return name;
  };
  let x = "x";
  for (let i = 0; i < layers; i++) {
    const channels = i === 0 ? 3 : CHANNELS;
    const kernel = weight(`features.${i}.weight`, [CHANNELS, channels, 3, 3], Math.sqrt(6 / (9 * channels)));
    node("Conv", [x, kernel], `conv${i}`, { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
    const statistics = ["weight", "bias", "mean", "var"].map((part) =>
      weight(`norm.${i}.${part}`, [CHANNELS], 0.1, part === "weight" || part === "var" ? 1 : 0),
    );
    node("BatchNormalization", [`conv${i}`, ...statistics], `norm${i}`);
    node("Relu", [`norm${i}`], `relu${i}`);
    x = `relu${i}`;
  }
  node("GlobalAveragePool", [x], "pooled");
  node("Flatten", ["pooled"], "flat");
  const head = [weight("head.weight", [CLASSES, CHANNELS], 0.1), weight("head.bias", [CLASSES], 0.1)];
  node("Gemm", ["flat", ...head], "scores", { transB: 1 });
  pbf.writeStringField(2, `net${"x".repeat(padding)}`);
  for (const tensor of tensors) pbf.writeMessage(5, writeTensor, tensor);
  value(pbf, 11, "x", [1, 3, SIDE, SIDE]);
  value(pbf, 12, "scores", [1, CLASSES]);
}

function writeTensor({ name, dims, spread, offset }, pbf) {
  for (const n of dims) pbf.writeVarintField(1, n);
  pbf.writeVarintField(2, 1);
  pbf.writeStringField(8, name);
  const size = dims.reduce((product, n) => product * n, 1);
  let state = size;
  const values = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return offset + spread * (state / 2 ** 31 - 1);
  });
  pbf.writeBytesField(9, new Uint8Array(values.buffer));
}

function value(pbf, field, name, dims) {
  const shape = (_, out) => {
    for (const n of dims) out.writeMessage(1, (_unused, dim) => dim.writeVarintField(1, n), undefined);
  };
  const tensor = (_, out) => {
    out.writeVarintField(1, 1);
    out.writeMessage(2, shape, undefined);
  };
  pbf.writeMessage(
    field,
    (_, out) => {
      out.writeStringField(1, name);
      out.writeMessage(2, (_unused, type) => type.writeMessage(1, tensor, undefined), undefined);
    },
    undefined,
  );
}
