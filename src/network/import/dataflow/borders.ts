/** Operations that add to the ends of axes, or take from them. */

import { sizeOf } from "../../spec.js";
import type { Activation } from "./activation.js";
import type { Flow } from "./flow.js";
import { concat, replaced } from "./parts.js";
import { checkParts, takeEach } from "./places.js";
import type { Tensor } from "./tensor.js";

/** What stands outside the borders; `symmetric` repeats the outermost value, `reflect` does not. */
export type Border = { readonly value: number } | "reflect" | "symmetric" | "edge";

/** Adds values before and after each axis; negative numbers crop. */
export function pad(
  flow: Flow,
  x: Activation,
  pads: readonly (readonly [number, number])[],
  border: Border,
): Activation {
  const long = pads.flatMap(([before, after], axis) => (before !== 0 || after !== 0 ? [axis] : []));
  if (long.includes(x.batch)) flow.mixesImages("it pads");
  const zeros = typeof border === "object" && border.value === 0;
  const [rows, columns] = x.order;
  const isImage = x.order.length === 3 && long.every((axis) => axis === rows || axis === columns);
  const grows = pads.every(([before, after]) => before >= 0 && after >= 0);
  if (zeros && isImage && grows && long.length > 0) {
    const [top, bottom] = pads[rows];
    const [left, right] = pads[columns];
    const dims = x.dims.map((n, axis) => n + pads[axis][0] + pads[axis][1]);
    return { ...x, dims, value: flow.add({ op: "Pad", pads: [top, left, bottom, right] }, [x.value]) };
  }
  const kept = crop(
    flow,
    x,
    pads.map(([before, after]) => [Math.max(0, -before), Math.max(0, -after)]),
  );
  return long.reduce(
    (padded, axis) =>
      padAxis(flow, padded, axis, [Math.max(0, pads[axis][0]), Math.max(0, pads[axis][1])], border),
    kept,
  );
}

/** Takes values off before and after each axis. */
function crop(flow: Flow, x: Activation, cuts: readonly (readonly [number, number])[]): Activation {
  const dims = x.dims.map((n, axis) => n - cuts[axis][0] - cuts[axis][1]);
  if (dims.some((n) => n < 1)) flow.unsupported("a part without values");
  if (dims.every((n, axis) => n === x.dims[axis])) return x;
  const starts = x.order.map((axis) => cuts[axis][0]);
  const ends = x.order.map((axis) => x.dims[axis] - cuts[axis][1]);
  return { ...x, dims, value: flow.add({ op: "Slice", starts, ends }, [x.value]) };
}

function padAxis(
  flow: Flow,
  x: Activation,
  axis: number,
  [head, tail]: readonly [number, number],
  border: Border,
): Activation {
  if (head === 0 && tail === 0) return x;
  if (typeof border === "object") {
    const fill = (count: number): Tensor[] => {
      if (count === 0) return [];
      const dims = replaced(x.dims, axis, count);
      flow.reserve(sizeOf(dims));
      return [
        { kind: "tensor", type: "float", dims, data: new Float32Array(sizeOf(dims)).fill(border.value) },
      ];
    };
    return concat(flow, [...fill(head), x, ...fill(tail)], axis);
  }
  return takeEach(flow, x, axis, placesAround(flow, x.dims[axis], head, tail, border));
}

/** Which of `length` values stands at each place of an axis with a border of `head` and `tail` more. */
export function placesAround(
  flow: Flow,
  length: number,
  head: number,
  tail: number,
  border: "reflect" | "symmetric" | "edge",
): number[] {
  const repeated = border === "symmetric" ? 1 : 0;
  if (border !== "edge" && Math.max(head, tail) >= length + repeated)
    flow.reject(`it mirrors ${Math.max(head, tail)} of ${length} values, expected fewer`);
  checkParts(flow, head + tail);
  return Array.from({ length: head + length + tail }, (_, i) => {
    const at = i - head;
    if (border === "edge") return Math.min(Math.max(at, 0), length - 1);
    return at < 0 ? -at - repeated : at >= length ? 2 * (length - 1) + repeated - at : at;
  });
}
