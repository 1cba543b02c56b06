import { describe, expect, test } from "vitest";
import { DENSE_COLUMNS, denseShader } from "../../src/kernels/dense/wgsl.js";
import { dispatch, Tensor } from "../../src/kernels/webgpu/dispatch.js";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { runDispatches } from "../support/wgsl_kernel.js";

const gpu = await openGpu();
const U = 2 ** -24;

interface Layer {
  readonly images: number;
  readonly inputs: number;
  readonly units: number;
  readonly x: Float32Array;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly addend?: Float32Array;
  readonly clamp?: { readonly low: number; readonly high: number };
}

function randomLayer(images: number, inputs: number, units: number, added: boolean): Layer {
  const random = randomValues(images + inputs + units);
  const values = (length: number) => Float32Array.from({ length }, () => random.uniform(-2, 2));
  return {
    images,
    inputs,
    units,
    x: values(images * inputs),
    weights: values(inputs * units),
    bias: values(units),
    ...(added && { addend: values(images * units), clamp: { low: -3, high: 5 } }),
  };
}

async function run(device: GPUDevice, layer: Layer, rows: number): Promise<Float32Array> {
  const { images, inputs, units, x, weights, bias, addend, clamp } = layer;
  const padded = 4 * Math.ceil(units / 4);
  const packed = new Float32Array(inputs * padded);
  for (let d = 0; d < inputs; d++) packed.set(weights.subarray(d * units, (d + 1) * units), d * padded);
  const biases = new Float32Array(padded);
  biases.set(bias);
  const tensors = {
    x: new Tensor(inputs, "images", "x"),
    y: new Tensor(units, "images", "y"),
    addend: new Tensor(units, "images", "addend"),
    weights: new Tensor(packed.length, "constant", "weights", packed),
    bias: new Tensor(padded, "constant", "bias", biases),
  };
  const [vectorDepth, vectorColumns] = [inputs % 4 === 0, units % 4 === 0];
  const made = dispatch(
    "dense",
    denseShader({ rows, vectorDepth, vectorColumns, added: addend !== undefined, storage: "float32" }),
    { inputs, units, weightScale: 1, ...(clamp ?? { low: -Infinity, high: Infinity }) },
    tensors,
    { rows: 1, tile: rows, times: Math.ceil(units / DENSE_COLUMNS) },
  );
  const values = new Map([[tensors.x, x], ...(addend ? [[tensors.addend, addend] as const] : [])]);
  return (await runDispatches(device, [made], values, { images })).get(tensors.y) as Float32Array;
}

describe.skipIf(!gpu)("WGSL of dense layers", async () => {
  const device = gpu ? await requestTestDevice(gpu, { limits: "default" }) : (undefined as never);

  // Depths below, at and above a vector, a slice's share and two; units below, at and above a vector and a tile.
  for (const inputs of [1, 4, 5, 64, 255, 256, 257, 260, 1028])
    for (const [i, units] of [1, 3, 4, 10, 15, 16, 17, 36].entries())
      test(`error <= (C + 2) u (|b| + sum |x w|), the same bits for any rows: ${inputs} inputs, ${units} units`, async () => {
        const images = [1, 4, 9][(i + inputs) % 3];
        const layer = randomLayer(images, inputs, units, i % 2 === 1);
        const y = await run(device, layer, 4);
        const { x, weights, bias, addend, clamp = { low: -Infinity, high: Infinity } } = layer;
        const terms = (at: number) => {
          const [n, o] = [Math.floor(at / units), at % units];
          const products = Array.from(
            { length: inputs },
            (_, d) => x[n * inputs + d] * weights[d * units + o],
          );
          return [bias[o], ...(addend ? [addend[at]] : []), ...products];
        };
        const exact = Array.from(y, (_, at) => terms(at).reduce((a, b) => a + b));
        expectGuarded(
          y,
          exact.map((v) => Math.min(clamp.high, Math.max(clamp.low, v))),
          (at) => (inputs + 2) * U * terms(at).reduce((a, b) => a + Math.abs(b), 0),
          [1, units],
        );
        for (const rows of [1, 2, 8]) expect(await run(device, layer, rows)).toEqual(y);
        const alone = await run(
          device,
          {
            ...layer,
            images: 1,
            x: x.slice(-inputs),
            ...(addend && { addend: addend.slice(-units) }),
          },
          1,
        );
        expect(alone).toEqual(y.slice(-units));
      });

  test("NaN and infinity stay in their image", async () => {
    const layer = randomLayer(3, 70, 6, false);
    const x = layer.x.slice();
    x[5] = Number.NaN;
    x[80] = Infinity;
    const [y, clean] = [await run(device, { ...layer, x }, 4), await run(device, layer, 4)];
    expect([...y.subarray(0, 6)]).toEqual(Array.from({ length: 6 }, () => Number.NaN));
    expect([...y.subarray(6, 12)].every((v) => Math.abs(v) === Infinity)).toBe(true);
    expect(y.slice(12)).toEqual(clean.slice(12));
  });
});
