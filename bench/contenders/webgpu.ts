import { createWebgpuEngine } from "../../src/engines/webgpu/engine.js";
import type { WeightStorage } from "../../src/kernels/webgpu/weights.js";
import { networkWithHalves } from "../../test/support/half_weights.js";
import type { Case, Result } from "../case.js";
import type { Check } from "../checks/verdict.js";
import { timed } from "../measure.js";
import type { BenchNetwork } from "../networks.js";
import type { Contender } from "./contender.js";
import { engineCall } from "./engine.js";

/**
 * Our engine on WebGPU. With weights in half precision its results are those
 * of the rounded network, so they are compared, bit by bit, with those of the float32 engine on that.
 */
export async function openWebgpu(
  { network, input, images }: BenchNetwork,
  weights: WeightStorage,
  gpu: GPU,
): Promise<Contender> {
  const engine = await createWebgpuEngine(network, input, { gpu, weights });
  const onRoundedNetwork = async (c: Case): Promise<Result> => {
    using rounded = await createWebgpuEngine(networkWithHalves(network), input, { gpu });
    return await engineCall(rounded, images, c)();
  };
  return {
    engine: "webgpu",
    variant: weights === "float32" ? "f32" : "f16w",
    threads: 1,
    ours: true,
    async prepare(c) {
      const call = engineCall(engine, images, c);
      const result = await call();
      return {
        result,
        timed: timed("webgpu", call, 300),
        how: engine.adapter,
        ...(weights === "float16" && { check: compareBits(result, await onRoundedNetwork(c)) }),
      };
    },
    close: () => engine.dispose(),
  };
}

/** Numbers that differ, in any of the arrays of a result. */
function compareBits(result: Result, expected: Result): Check {
  let error = 0;
  let values = 0;
  for (const [name, array] of Object.entries(expected)) {
    if (!ArrayBuffer.isView(array)) continue;
    const own = result[name as keyof Result] as unknown as Float32Array;
    (array as Float32Array).forEach((value, i) => {
      values++;
      if (!Object.is(own[i] + 0, value + 0)) error++;
    });
  }
  const against = "float32 on the rounded network, bits";
  return { passed: values > 0 && error === 0, against, error, allowed: 0, unit: "values" };
}
