import { createWebgpuEngine } from "../../src/engines/webgpu/engine.js";
import { openGpu } from "../../test/support/webgpu.js";
import { timed } from "../measure.js";
import type { BenchNetwork } from "../networks.js";
import { Absent, type Contender } from "./contender.js";
import { engineCall } from "./engine.js";

/**
 * Our engine on WebGPU, on the adapter that UNIFOOL_GPU asks for.
 *
 * @throws Absent where there is none
 */
export async function openWebgpu({ network, input, images }: BenchNetwork): Promise<Contender> {
  const gpu = await openGpu().catch((error: Error) => {
    throw new Absent(error.message);
  });
  if (!gpu) throw new Absent("no WebGPU adapter");
  const engine = await createWebgpuEngine(network, input, { gpu });
  return {
    engine: "webgpu",
    variant: "f32",
    threads: 1,
    ours: true,
    async prepare(c) {
      const call = engineCall(engine, images, c);
      return { result: await call(), timed: timed("webgpu", call, 300), how: engine.adapter };
    },
    close: () => engine.dispose(),
  };
}
