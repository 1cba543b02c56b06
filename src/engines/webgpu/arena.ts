import type { Dispatch, Tensor } from "../../kernels/webgpu/dispatch.js";

/** Which tensors of cotangents share a buffer, and how large it is for each cotangent. */
export interface Arena {
  /** Number of the buffer of each tensor. */
  readonly buffers: ReadonlyMap<Tensor, number>;
  /** 4-byte values for each cotangent, by buffer. */
  readonly units: readonly number[];
}

/**
 * Finds buffers for the cotangents of a list of dispatches that run in this order: a buffer is free again after the
 * last dispatch that reads its tensor. Best fit; where none is large enough the largest free one grows.
 *
 * @param kept tensors that something outside the list reads or writes: they share with none
 */
export function packCotangents(dispatches: readonly Dispatch[], kept: readonly Tensor[]): Arena {
  const last = new Map<Tensor, number>();
  dispatches.forEach(({ reads, writes }, i) => {
    for (const tensor of [...reads, ...writes]) last.set(tensor, i);
  });
  const buffers = new Map<Tensor, number>();
  const units: number[] = [];
  const free = new Set<number>();
  const alone = new Set(kept);
  const add = (tensor: Tensor): number => units.push(tensor.units) - 1;
  for (const tensor of kept) if (!buffers.has(tensor)) buffers.set(tensor, add(tensor));

  dispatches.forEach(({ reads, writes }, i) => {
    for (const tensor of writes) {
      if (tensor.extent !== "cotangents" || buffers.has(tensor)) continue;
      const fits = [...free].sort((a, b) => units[a] - units[b]);
      const found = fits.find((b) => units[b] >= tensor.units) ?? fits.at(-1);
      if (found === undefined) buffers.set(tensor, add(tensor));
      else {
        free.delete(found);
        units[found] = Math.max(units[found], tensor.units);
        buffers.set(tensor, found);
      }
    }
    for (const tensor of new Set([...reads, ...writes]))
      if (tensor.extent === "cotangents" && last.get(tensor) === i && !alone.has(tensor))
        free.add(buffers.get(tensor) as number);
  });
  return { buffers, units };
}
