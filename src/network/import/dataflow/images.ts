/** Constants of a file that fixes how many images there are. */

import type { Activation } from "./activation.js";
import type { Flow } from "./flow.js";
import { padRank, strided, stridesOf, type Tensor } from "./tensor.js";

/**
 * What a constant holds for one image beside a value that depends on it: exporters write a token, or zeros, once for each of the
 * images that a file is fixed to.
 *
 * @param like with all of its axes
 * @throws UnsupportedOperatorError where images have other constants
 */
export function ofOneImage(flow: Flow, tensor: Tensor, like: Activation): Tensor {
  const { fixedBatch } = flow;
  const { batch, outer = 1 } = like;
  const own = padRank(tensor.dims, like.dims.length);
  if (fixedBatch === 1 || batch < 0 || own.length > like.dims.length) return tensor;
  if (own[batch] !== like.dims[batch] * fixedBatch) return tensor;
  const inner = like.dims[batch] / outer;
  const strides = stridesOf(own);
  const apart = <T>(list: readonly T[], ...parts: readonly T[]) => [
    ...list.slice(0, batch),
    ...parts,
    ...list.slice(batch + 1),
  ];
  const each = strides[batch] * inner;
  const dims = apart(own, outer, inner);
  const steps = apart(strides, each * fixedBatch, strides[batch]);
  flow.reserve(tensor.data.length);
  const [first, ...others] = Array.from({ length: fixedBatch }, (_, image) =>
    strided(tensor, dims, steps, image * each),
  );
  if (others.some(({ data }) => data.some((value, i) => !Object.is(value, first.data[i]))))
    flow.mixesImages("it has other constants along");
  return { ...first, dims: own.map((n, axis) => (axis === batch ? like.dims[batch] : n)) };
}
