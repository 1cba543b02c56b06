import { describe, expect, test } from "vitest";
import { NORM_CHUNK, normChunksShader, normsShader } from "../../src/kernels/row_norms/wgsl.js";
import { dispatch, Tensor } from "../../src/kernels/webgpu/dispatch.js";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { runDispatches } from "../support/wgsl_kernel.js";

const gpu = await openGpu();
const U = 2 ** -24;

async function norms(device: GPUDevice, order: 1 | 2, rows: Float32Array, images: number, lanes: number) {
  const units = rows.length / images / lanes;
  const chunks = Math.ceil(units / NORM_CHUNK);
  const x = new Tensor(units, "cotangents", "x");
  const partial = new Tensor(chunks, "cotangents", "partial");
  const found = new Tensor(2 * lanes, "images", "norms");
  const parts = dispatch(
    "chunks",
    normChunksShader(order),
    { units, chunks },
    { x, partial },
    { rows: chunks, tile: 1, times: 1 },
  );
  const sums = dispatch(
    "norms",
    normsShader(order),
    { chunks, stride: 2 * lanes },
    { partial, norms: found },
    { rows: 1, tile: 1, times: 1 },
  );
  const values = await runDispatches(device, [parts, sums], new Map([[x, rows]]), { images, lanes });
  return values.get(found) as Float32Array;
}

describe.skipIf(!gpu)("WGSL norms of cotangents", async () => {
  const device = gpu ? await requestTestDevice(gpu, { limits: "default" }) : (undefined as never);
  const [images, lanes] = [2, 3];

  // Below, at and above an invocation, a chunk, and the chunks that a workgroup adds up at once; a 224x224 image.
  for (const units of [1, 63, 64, 65, 1023, 1024, 1025, 3072, 64 * NORM_CHUNK, 64 * NORM_CHUNK + 1, 150528])
    test.each([1, 2] as const)(
      `error <= (32 + chunks / 64) u ||x||: ${units} values, order %i`,
      async (order) => {
        const random = randomValues(units);
        const rows = Float32Array.from({ length: images * lanes * units }, () => random.uniform(-2, 2));
        const found = await norms(device, order, rows, images, lanes);
        const exact = Array.from({ length: images * lanes }, (_, n) => {
          const row = rows.subarray(n * units, (n + 1) * units);
          return order === 2
            ? Math.sqrt(row.reduce((sum, v) => sum + v * v, 0))
            : row.reduce((sum, v) => sum + Math.abs(v), 0);
        });
        for (let n = 0; n < images; n++) {
          // `call.first` is the number of lanes here: the places before are those of an earlier pass.
          const own = found.subarray(2 * n * lanes, 2 * (n + 1) * lanes);
          expect(own.subarray(0, lanes).every(Number.isNaN)).toBe(true);
          expectGuarded(
            own.subarray(lanes),
            exact.slice(n * lanes, (n + 1) * lanes),
            (k) => (32 + units / NORM_CHUNK / 64) * U * exact[n * lanes + k],
            [1],
          );
        }
        // A cotangent by itself has the same bits.
        const alone = await norms(device, order, rows.slice(-units), 1, 1);
        expect(alone[1]).toBe(found[found.length - 1]);
      },
    );
});
