import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Numbers in [-1, 1) from a linear congruential generator: the same on every machine. */
export function noise(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export const SIDE = 8;
export const CLASSES = 4;

/**
 * Writes a tfjs LayersModel: 8x8 images, Flatten, Dense to 4 logits. The weights of class k are a patch of its own
 * plus noise, so that `tinyImages` have clear labels.
 */
export function writeTinyModel(folder: string, channels: 1 | 3 = 1): string {
  mkdirSync(folder, { recursive: true });
  const inputs = SIDE * SIDE * channels;
  const kernel = noise(inputs * CLASSES, 7).map((v) => 0.05 * v);
  for (let i = 0; i < inputs; i++) kernel[i * CLASSES + classOfPixel(Math.floor(i / channels))] += 0.5;
  const bias = new Float32Array(CLASSES);
  writeFileSync(
    join(folder, "weights.bin"),
    Buffer.concat([Buffer.from(kernel.buffer), Buffer.from(bias.buffer)]),
  );
  const model = {
    format: "layers-model",
    modelTopology: {
      keras_version: "tfjs-layers 4.22.0",
      backend: "tensor_flow.js",
      model_config: {
        class_name: "Sequential",
        config: {
          name: "tiny",
          layers: [
            {
              class_name: "Flatten",
              config: { name: "flatten", batch_input_shape: [null, SIDE, SIDE, channels], dtype: "float32" },
            },
            { class_name: "Dense", config: { name: "scores", units: CLASSES, activation: "linear" } },
          ],
        },
      },
    },
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: [
          { name: "scores/kernel", shape: [inputs, CLASSES], dtype: "float32" },
          { name: "scores/bias", shape: [CLASSES], dtype: "float32" },
        ],
      },
    ],
  };
  const path = join(folder, "model.json");
  writeFileSync(path, JSON.stringify(model));
  return path;
}

/** The quadrant that a pixel of the 8x8 grid lies in. */
function classOfPixel(pixel: number): number {
  const half = SIDE / 2;
  return 2 * Number(Math.floor(pixel / SIDE) >= half) + Number(pixel % SIDE >= half);
}

/** Bytes of images `[N][8][8][channels]`: noise around grey, one quadrant a little brighter; its number is the label. */
export function tinyImages(count: number, channels: 1 | 3 = 1): { pixels: Uint8Array; labels: Uint8Array } {
  const size = SIDE * SIDE * channels;
  const values = noise(count * size, 11);
  const pixels = new Uint8Array(count * size);
  for (let i = 0; i < pixels.length; i++) {
    const label = Math.floor(i / size) % CLASSES;
    const lit = classOfPixel(Math.floor((i % size) / channels)) === label;
    pixels[i] = Math.round(128 + 20 * values[i] + (lit ? 12 : 0));
  }
  return { pixels, labels: Uint8Array.from({ length: count }, (_, n) => n % CLASSES) };
}

/** Writes `images.bin`, `labels.bin` and `meta.json`. */
export function writeRawFolder(folder: string, count: number, channels: 1 | 3 = 1): string {
  mkdirSync(folder, { recursive: true });
  const { pixels, labels } = tinyImages(count, channels);
  writeFileSync(join(folder, "images.bin"), pixels);
  writeFileSync(join(folder, "labels.bin"), labels);
  const meta = {
    shape: [count, SIDE, SIDE, channels],
    layout: "NHWC",
    dtype: "uint8",
    labelsDtype: "uint8",
    classes: ["north-west", "north-east", "south-west", "south-east"],
  };
  writeFileSync(join(folder, "meta.json"), JSON.stringify(meta));
  return folder;
}
