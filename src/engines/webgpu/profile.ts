import { EngineError } from "../../errors.js";
import type { Dispatch } from "../../kernels/webgpu/dispatch.js";
import { createBuffers } from "./memory.js";
import type { Call } from "./program.js";
import type { Session } from "./session.js";
import { COPY_SRC, QUERY_RESOLVE } from "./usage.js";

/** Implementations round timestamps to about 0.1 ms: shorter dispatches are run so often that this matters little. */
const LEAST_MILLISECONDS = 4;
const MOST_RUNS = 256;

/** One dispatch of a Jacobian. */
export interface DispatchTime {
  readonly layer: string;
  readonly kernel: string;
  readonly phase: "forward" | "backward";
  /** Workgroups. */
  readonly groups: number;
  /** Shortest time of the repeats, by the device's own clock. */
  readonly milliseconds: number;
  /** Multiply-adds; 0 for kernels that only move data. */
  readonly macs: number;
}

/**
 * Times every dispatch of one Jacobian by itself, with timestamps on the device. Each is timed `repeats` times
 * on the buffers as it finds them, so a kernel's inputs are real but for those that a later dispatch overwrote.
 *
 * @throws EngineError where the device has no timestamps
 */
export async function profile(
  session: Session,
  images: Float32Array<ArrayBuffer>,
  classes: number,
  repeats: number,
): Promise<DispatchTime[]> {
  const { gpu, program, plan, readback } = session;
  const { device } = gpu;
  if (!device.features.has("timestamp-query"))
    throw new EngineError("profile: the device has no timestamp-query, expected a device with that feature");
  const n = images.length / plan.size;
  const values = new Float32Array(n * classes * plan.size);
  await session.jacobian(images, { classes, rows: classes, values });
  const chunk = program.chunk(n, classes);
  if (chunk.images < n || chunk.lanes < classes)
    throw new EngineError(`profile: ${n} images of ${classes} classes take several calls, expected one`);

  const call: Call = { images: n, running: n, lanes: classes };
  // The call may have gone in parts.
  await program.reserve(n, n * classes);
  await program.prepare([...plan.forward, ...plan.gradients], call);
  program.setCall(call);
  device.queue.writeBuffer(program.bufferOf(plan.pixels), 0, images);
  const timed = [
    ...plan.forward.map((dispatch) => ({ dispatch, phase: "forward" as const })),
    ...plan.gradients.map((dispatch) => ({ dispatch, phase: "backward" as const })),
  ];
  const best = new Float64Array(timed.length).fill(Infinity);
  const querySet = device.createQuerySet({ type: "timestamp", count: 2 });
  const [resolved] = await createBuffers(gpu, [
    { label: "timestamps", bytes: 16, usage: QUERY_RESOLVE | COPY_SRC },
  ]);
  const wanted = [{ buffer: resolved, bytes: 16 }];
  await readback.reserve(16);
  try {
    for (const [i, { dispatch }] of timed.entries()) {
      const time = async (runs: number): Promise<number> => {
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass({
          timestampWrites: { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
        });
        program.encode(pass, Array<Dispatch>(runs).fill(dispatch), call);
        pass.end();
        encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
        readback.record(encoder, wanted);
        device.queue.submit([encoder.finish()]);
        let milliseconds = 0;
        await readback.read("profile", wanted, [
          (range) => {
            const [low0, high0, low1, high1] = range.words();
            milliseconds = ((high1 - high0) * 2 ** 32 + (low1 - low0)) / 1e6 / runs;
          },
        ]);
        return milliseconds;
      };
      const runs = Math.ceil(LEAST_MILLISECONDS / Math.max(LEAST_MILLISECONDS / MOST_RUNS, await time(1)));
      for (let repeat = 0; repeat < repeats; repeat++) best[i] = Math.min(best[i], await time(runs));
    }
  } finally {
    querySet.destroy();
    resolved.destroy();
  }
  return timed.map(({ dispatch, phase }, i) => {
    const { chosen, groups } = program.choose(dispatch, call);
    const macs = macsOf(chosen, n * (phase === "forward" ? 1 : classes));
    return {
      layer: dispatch.label,
      kernel: chosen.shader.name,
      phase,
      groups,
      milliseconds: best[i],
      macs,
    };
  });
}

function macsOf({ macs = 0 }: Dispatch, extent: number): number {
  return macs * extent;
}
