/** Layers of images on several parts of one image, such as crops that a graph takes of it, or mirrored ones beside it. */

import { type Activation, perImage } from "./activation.js";
import { reshape, squeeze, unsqueeze } from "./axes.js";
import type { Flow } from "./flow.js";
import { concat, take } from "./parts.js";
import type { ImageAxes } from "./window.js";

/** More crops than anybody takes: each is a layer of its own. */
const MOST_PARTS = 256;

/** Applies a layer to each of the parts that lie along the first axis; at once where there is one. */
export function onEachPart(
  flow: Flow,
  x: Activation,
  { channel }: ImageAxes,
  apply: (part: Activation) => Activation,
): Activation {
  const [count, ...rest] = x.dims;
  const isFirst = x.batch <= 0 && (x.outer ?? 1) === 1 && channel !== 0;
  if (count === 1 || !isFirst || perImage(x) === 0) return apply(x);
  if (count > MOST_PARTS) flow.unsupported(`on ${count} parts of one image, expected at most ${MOST_PARTS}`);
  const place = { batch: x.batch, outer: undefined };
  const apart = reshape(flow, x, [1, count, ...rest], place);
  const made = Array.from({ length: count }, (_, start) => {
    const part = squeeze(flow, take(flow, apart, { axis: 1, start, step: 1, count: 1 }), [1]);
    return unsqueeze(apply(part), [1]);
  });
  const joined = concat(flow, made, 1);
  return reshape(flow, joined, [count, ...joined.dims.slice(2)], place);
}
