import { expect, test } from "vitest";
import { activationShader } from "../../src/kernels/activation/wgsl.js";
import { type FunctionName, functions } from "../../src/kernels/activation/wgsl_functions.js";
import { arithmeticForwardShader } from "../../src/kernels/arithmetic/wgsl_forward.js";
import { productShader } from "../../src/kernels/arithmetic/wgsl_product.js";
import { repeatedSumShader } from "../../src/kernels/arithmetic/wgsl_sum.js";
import { concatForwardShader } from "../../src/kernels/concat/wgsl_forward.js";
import { concatVjpShader } from "../../src/kernels/concat/wgsl_vjp.js";
import { constantShader } from "../../src/kernels/constant/wgsl.js";
import { depthwiseForwardShader } from "../../src/kernels/depthwise/wgsl_forward.js";
import { depthwiseVjpShader } from "../../src/kernels/depthwise/wgsl_vjp.js";
import { denseShader } from "../../src/kernels/gemm/wgsl.js";
import { maxPoolForwardShader } from "../../src/kernels/max_pool/wgsl_forward.js";
import { maxPoolVjpShader } from "../../src/kernels/max_pool/wgsl_vjp.js";
import { pixelMapShader } from "../../src/kernels/pixel_map/wgsl.js";
import { gatherShader } from "../../src/kernels/transpose/wgsl.js";
import type { Shader } from "../../src/kernels/webgpu/shader.js";
import { lintWgsl } from "../support/wgsl_lint.js";

const EITHER = [false, true];
const shares = EITHER.flatMap((added) => EITHER.map((masked) => ({ added, masked })));

/** Every structure that a lowering may ask for. */
const shaders: readonly Shader[] = [
  constantShader,
  ...EITHER.flatMap((vector): Shader[] => [
    depthwiseForwardShader({ vector }),
    ...EITHER.flatMap((flag): Shader[] => [
      maxPoolForwardShader({ vector, keepsWinners: flag }),
      ...[1, 2, 8].flatMap((rows) =>
        EITHER.map((added) => denseShader({ rows, vectorDepth: flag, vectorColumns: vector, added })),
      ),
      ...EITHER.flatMap((repeatsB) =>
        (["Add", "Sub", "Mul"] as const).map((op) =>
          arithmeticForwardShader({ op, vector, repeatsA: flag, repeatsB }),
        ),
      ),
      ...Object.keys(functions).map((name) =>
        activationShader({ name: name as FunctionName, vector, keepsDerivative: flag }),
      ),
    ]),
    ...[1, 2, 3, 4].map((inputs) => concatForwardShader({ inputs, vector })),
    ...shares.flatMap((share): Shader[] => [
      concatVjpShader({ vector, share }),
      depthwiseVjpShader({ vector, share }),
      maxPoolVjpShader({ vector, share }),
      gatherShader({ extent: "cotangents", vector, share }),
      pixelMapShader({ extent: "cotangents", vector, share }),
      ...EITHER.flatMap((flag) => [
        repeatedSumShader({ vector, weighted: flag, share }),
        ...EITHER.map((zeroStays) => productShader({ vector, repeated: flag, zeroStays, share })),
      ]),
    ]),
  ]),
];

test("every variant compiles without a message on a device with default limits", async () => {
  for (const { name, code } of shaders) expect([name, await lintWgsl(code)]).toEqual([name, []]);
});

test("a name says what the code is", () => {
  const codes = new Map<string, string>();
  for (const { name, code } of shaders) {
    expect([name, codes.get(name) ?? code]).toEqual([name, code]);
    codes.set(name, code);
  }
  expect(codes.size).toBe(shaders.length);
});
