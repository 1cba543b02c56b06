import { inTurns } from "../engines/checkpoint.js";
import { forward64 } from "../engines/reference.js";
import type { Clamp } from "../kernels/node.js";
import { factsOf } from "../kernels/operators/facts_of.js";
import type { InputTransform } from "../network/input.js";
import { type Network, sizeOf } from "../network/spec.js";

/**
 * The share of units that let a cotangent through, of each layer that stops some: relus and clips, and max-pools of what they
 * make. It is what the engines skip, on the mean over the images, which are computed in float64 on the calling thread.
 *
 * @param images `[N][H][W][C]`, in the range of the transform
 */
export async function liveShares(
  network: Network,
  transform: InputTransform,
  images: Float32Array,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, number>> {
  const clamps = clampsOf(network);
  const size = sizeOf(network.input.shape);
  const count = images.length / size;
  const shares = new Map([...clamps.keys()].map((name) => [name, 0]));
  function* work(): Generator<void, void> {
    for (let n = 0; n < count; n++) {
      const image = Float64Array.from(images.subarray(n * size, (n + 1) * size));
      const values = forward64(network, transform, image);
      for (const [name, { low, high }] of clamps) {
        const value = values.get(name)!;
        const live = value.reduce((sum, x) => sum + Number(x > low && x < high), 0);
        shares.set(name, shares.get(name)! + live / value.length / count);
      }
      yield;
    }
  }
  await inTurns(work(), signal);
  return shares;
}

/** Layers with dead units, and the test that live ones pass. */
function clampsOf({ nodes }: Network): ReadonlyMap<string, Clamp> {
  const known = new Map<string, Clamp>();
  const reported = new Map<string, Clamp>();
  for (const node of nodes) {
    const { clamp, liveness } = factsOf(node);
    const [first, ...rest] = node.inputs.map((name) => known.get(name));
    const shared = rest.every((one) => one && one.low === first?.low && one.high === first.high);
    // A maximum or a copy of values with one clamp has the same test on its own output.
    const passed = liveness(node) !== "mixes" && shared ? first : undefined;
    const own = clamp?.(node) ?? passed;
    if (!own) continue;
    known.set(node.name, own);
    if (clamp || liveness(node) === "maximum") reported.set(node.name, own);
  }
  return reported;
}
