import { expect, test } from "vitest";
import { planNetwork } from "../../src/engines/webgpu/plan.js";
import { addShader, zeroShader } from "../../src/kernels/add_cotangents/wgsl.js";
import { affineShader } from "../../src/kernels/affine/wgsl.js";
import type { PairLowering } from "../../src/kernels/arithmetic/lower_webgpu.js";
import { arithmeticForwardShader } from "../../src/kernels/arithmetic/wgsl.js";
import { productShader } from "../../src/kernels/arithmetic/wgsl_product.js";
import { repeatedSumShader } from "../../src/kernels/arithmetic/wgsl_sum.js";
import { convShader } from "../../src/kernels/conv/wgsl.js";
import { tilesFor } from "../../src/kernels/conv/wgsl_tiles.js";
import { chooseShader } from "../../src/kernels/deepfool_step/wgsl_choose.js";
import { advanceShader, compactShader } from "../../src/kernels/deepfool_step/wgsl_compact.js";
import { judgeShader } from "../../src/kernels/deepfool_step/wgsl_judge.js";
import { startShader } from "../../src/kernels/deepfool_step/wgsl_start.js";
import { stepShader } from "../../src/kernels/deepfool_step/wgsl_step.js";
import { denseShader } from "../../src/kernels/dense/wgsl.js";
import { depthwiseForwardShader } from "../../src/kernels/depthwise/wgsl_forward.js";
import { depthwiseVjpShader } from "../../src/kernels/depthwise/wgsl_vjp.js";
import { elementWiseShader } from "../../src/kernels/element_wise/wgsl.js";
import { gatherShader } from "../../src/kernels/gather/wgsl.js";
import { gradientSumShader } from "../../src/kernels/gradient_sum/wgsl.js";
import { maxPoolForwardShader } from "../../src/kernels/max_pool/wgsl_forward.js";
import { maxPoolVjpShader } from "../../src/kernels/max_pool/wgsl_vjp.js";
import type { AnyOperator } from "../../src/kernels/node.js";
import { webgpu } from "../../src/kernels/operators/webgpu.generated.js";
import { pixelMapShader } from "../../src/kernels/pixel_map/wgsl.js";
import { ballFactorShader, scaleToBallShader } from "../../src/kernels/projection/wgsl.js";
import { normChunksShader, normsShader } from "../../src/kernels/row_norms/wgsl.js";
import { scaleShader } from "../../src/kernels/scale/wgsl.js";
import { seedsShader } from "../../src/kernels/seeds/wgsl.js";
import { chosenSeedsShader, differenceSeedsShader } from "../../src/kernels/seeds/wgsl_differences.js";
import { topClassesShader } from "../../src/kernels/top_classes/wgsl.js";
import { acceptShader } from "../../src/kernels/universal_step/wgsl_accept.js";
import { labelShader } from "../../src/kernels/universal_step/wgsl_label.js";
import { overshootShader } from "../../src/kernels/universal_step/wgsl_overshoot.js";
import { shiftShader } from "../../src/kernels/universal_step/wgsl_shift.js";
import { updateShader } from "../../src/kernels/universal_step/wgsl_update.js";
import { scheduleShader } from "../../src/kernels/webgpu/schedule.js";
import type { Shader } from "../../src/kernels/webgpu/shader.js";
import type { WeightStorage } from "../../src/kernels/webgpu/weights.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { FUNCTIONS } from "../support/element_wise.js";
import { operatorCases } from "../support/operator_cases.js";
import { lintWgsl } from "../support/wgsl_lint.js";

const EITHER = [false, true];
const STORAGES: readonly WeightStorage[] = ["float32", "float16"];
const shares = EITHER.flatMap((added) => EITHER.map((masked) => ({ added, masked })));

/** Some numbers of columns share a tile. */
const tiles = [3, 16, 32, 64]
  .flatMap((columns) => Object.values(tilesFor(columns)))
  .filter((tile, i, all) => i === all.findIndex((other) => JSON.stringify(other) === JSON.stringify(tile)));

/** What operators say of themselves. */
const pairs = Object.values(webgpu).flatMap((lowering) =>
  "pair" in lowering ? [(lowering as PairLowering<AnyOperator>).pair] : [],
);
const functions = FUNCTIONS.map(({ operator, webgpu: of }) => of.function(operator)).filter(
  ({ name }, i, all) => i === all.findIndex((other) => other.name === name),
);

/** Every structure that lowerings which several operators share may ask for. */
const shared: readonly Shader[] = [
  ...EITHER.map((vector) => affineShader({ vector })),
  topClassesShader,
  seedsShader,
  startShader,
  judgeShader,
  compactShader,
  scheduleShader,
  differenceSeedsShader,
  chosenSeedsShader,
  chooseShader,
  advanceShader,
  shiftShader,
  gradientSumShader,
  labelShader,
  overshootShader,
  acceptShader,
  updateShader,
  ballFactorShader,
  scaleToBallShader,
  zeroShader(),
  ...EITHER.map(stepShader),
  ...([1, 2] as const).flatMap((order) => [normChunksShader(order), normsShader(order)]),
  ...shares.flatMap((share) =>
    EITHER.flatMap((vector) => [addShader({ vector, share }), scaleShader({ vector, share })]),
  ),
  ...tiles
    .flatMap((tile) =>
      EITHER.flatMap((vectorDepth) =>
        EITHER.flatMap((vectorColumns) =>
          STORAGES.map((storage) => ({ tile, vectorDepth, vectorColumns, storage })),
        ),
      ),
    )
    .flatMap((structure): Shader[] => [
      ...shares.map((share) => convShader({ ...structure, pass: "vjp", share })),
      ...EITHER.map((added) =>
        convShader({ ...structure, pass: "forward", share: { added, masked: false } }),
      ),
    ]),
  ...EITHER.flatMap((vector): Shader[] => [
    depthwiseForwardShader({ vector }),
    ...EITHER.flatMap((flag): Shader[] => [
      maxPoolForwardShader({ vector, keepsWinners: flag }),
      ...[1, 2, 8].flatMap((rows) =>
        EITHER.flatMap((added) =>
          STORAGES.map((storage) =>
            denseShader({ rows, vectorDepth: flag, vectorColumns: vector, added, storage }),
          ),
        ),
      ),
      ...EITHER.flatMap((repeatsB) =>
        pairs.map((pair) => arithmeticForwardShader({ ...pair, vector, repeatsA: flag, repeatsB })),
      ),
      ...functions.map((of) =>
        elementWiseShader({ function: of, slopes: false, vector, keepsDerivative: flag }),
      ),
    ]),
    ...shares.flatMap((share): Shader[] => [
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

/** What else the cases of all operators take: kernels that belong to one operator alone. */
const planned = operatorCases().flatMap(({ spec }) => {
  const network = buildNetwork(spec);
  const plan = planNetwork(network, resolveInput({ mean: 0.5 }, network.input.shape.at(-1) ?? 1));
  return [...plan.forward, ...plan.topClasses, ...plan.gradients].flatMap((made) =>
    made.small ? [made.shader, made.small.shader] : [made.shader],
  );
});

const shaders = [...shared, ...planned].filter(
  (shader, i, all) => i < shared.length || i === all.findIndex(({ name }) => name === shader.name),
);

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
