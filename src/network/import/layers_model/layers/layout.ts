import { sizeOf } from "../../../spec.js";
import type { Activation } from "../../dataflow/activation.js";
import { transpose, unsqueeze } from "../../dataflow/axes.js";
import { pad } from "../../dataflow/borders.js";
import { expand } from "../../dataflow/places.js";
import type { ImageAxes } from "../../dataflow/window.js";
import { valueText } from "../../failure.js";
import type { LayerCall } from "../layer_call.js";

/** `ZeroPadding1D`, `ZeroPadding2D`. */
export function importZeroPadding(call: LayerCall, spatial: number): Activation {
  const axes = call.imageAxes(spatial);
  return pad(call.flow, call.input, onAxes(call, axes, sides(call, "padding", 1, spatial)), { value: 0 });
}

/** `Cropping1D`, `Cropping2D`. */
export function importCropping(call: LayerCall, spatial: number): Activation {
  const axes = call.imageAxes(spatial);
  const cropping = sides(call, "cropping", spatial === 1 ? 1 : 0, spatial);
  const lengths = axes.spatial.map((axis) => call.input.dims[axis]);
  if (cropping.some(([before, after], i) => before + after >= lengths[i]))
    call.reject(
      `cropping is ${valueText(call.settings.get("cropping"))}, which leaves nothing of ${lengths.join("x")}`,
    );
  const pads = onAxes(
    call,
    axes,
    cropping.map(([before, after]) => [-before, -after]),
  );
  return pad(call.flow, call.input, pads, { value: 0 });
}

type Sides = readonly (readonly [number, number])[];

function onAxes({ input }: LayerCall, { spatial }: ImageAxes, each: Sides): Sides {
  return input.dims.map((_, axis) => (spatial.includes(axis) ? each[spatial.indexOf(axis)] : [0, 0]));
}

/** `n`, `[vertical, horizontal]` or `[[top, bottom], [left, right]]`; of one axis `n` or `[before, after]`. */
function sides(call: LayerCall, key: string, fallback: number, spatial: number): Sides {
  const value = call.settings.get(key) ?? fallback;
  const list = spatial === 1 ? [value] : Array.isArray(value) ? value : [value, value];
  const pairs: unknown[][] = list.map((side: unknown) => (Array.isArray(side) ? side : [side, side]));
  const valid =
    pairs.length === spatial &&
    pairs.every((pair) => pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && Number(n) >= 0));
  if (!valid)
    call.reject(
      `${key} is ${valueText(value)}, expected ${spatial === 1 ? "n or [before, after]" : "n, [rows, columns] or [[top, bottom], [left, right]]"}`,
    );
  return pairs as unknown as Sides;
}

/** `Reshape`; one size may be -1 (null in tfjs), which takes what is left. */
export function importReshape(call: LayerCall): Activation {
  const target = call.settings.get("target_shape");
  const size = sizeOf(call.input.dims);
  const reject = () => call.reject(`target_shape is ${valueText(target)}, expected sizes for ${size} values`);
  if (!Array.isArray(target)) return reject();
  const isOpen = (n: unknown) => n === null || n === -1;
  const known = target.filter((n) => !isOpen(n));
  if (!known.every((n) => Number.isSafeInteger(n) && n > 0) || target.length - known.length > 1)
    return reject();
  const rest = size / known.reduce((product: number, n: number) => product * n, 1);
  if (!Number.isSafeInteger(rest) || (known.length === target.length && rest !== 1)) return reject();
  return call.onInput({ op: "Reshape", shape: target.map((n) => (isOpen(n) ? rest : n)) });
}

/** `Permute`: `dims` counts from 1. */
export function importPermute(call: LayerCall): Activation {
  const rank = call.input.dims.length - 1;
  const dims = call.settings.get("dims");
  const sorted = Array.isArray(dims) ? [...dims].sort((a, b) => a - b) : [];
  if (!Array.isArray(dims) || dims.length !== rank || sorted.some((d, i) => d !== i + 1))
    return call.reject(`dims is ${valueText(dims)}, expected a permutation of 1 to ${rank}`);
  return transpose(call.flow, call.input, [0, ...dims]);
}

/** `RepeatVector`: `[D]` as `n` rows. */
export function importRepeatVector(call: LayerCall): Activation {
  const { dims } = call.input;
  if (dims.length !== 2) call.reject(`its input has shape ${valueText(dims.slice(1))}, expected a vector`);
  const rows = unsqueeze(call.input, [1]);
  return expand(call.flow, rows, [dims[0], call.integer("n", undefined, 1), dims[1]]);
}
