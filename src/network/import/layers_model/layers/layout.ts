import type { Pads } from "../../../spec.js";
import { valueText } from "../../failure.js";
import type { Value } from "../../graph_builder.js";
import type { LayerCall } from "../layer_call.js";

export function importZeroPadding2d(call: LayerCall): Value {
  const { image } = call;
  return call.add({ op: "Pad", pads: sides(call, "padding", 1) }, [image]);
}

export function importCropping2d(call: LayerCall): Value {
  const { image } = call;
  const [height, width, channels] = image.shape;
  const [top, left, bottom, right] = sides(call, "cropping", 0);
  if (top + bottom >= height || left + right >= width)
    call.reject(
      `cropping is ${valueText(call.settings.get("cropping"))}, which leaves nothing of ${height}x${width}`,
    );
  const ends = [height - bottom, width - right, channels];
  return call.add({ op: "Slice", starts: [top, left, 0], ends }, [image]);
}

/** `n`, `[vertical, horizontal]` or `[[top, bottom], [left, right]]`. */
function sides(call: LayerCall, key: string, fallback: number): Pads {
  const value = call.settings.get(key) ?? fallback;
  const both: readonly unknown[] = Array.isArray(value) ? value : [value, value];
  const [vertical, horizontal] = both.map((side) => (Array.isArray(side) ? side : [side, side]));
  const pads = [vertical?.[0], horizontal?.[0], vertical?.[1], horizontal?.[1]];
  const valid = both.length === 2 && vertical.length === 2 && horizontal.length === 2;
  if (!valid || !pads.every((n) => Number.isSafeInteger(n) && (n as number) >= 0))
    call.reject(
      `${key} is ${valueText(value)}, expected n, [rows, columns] or [[top, bottom], [left, right]]`,
    );
  return pads as unknown as Pads;
}

/** `Flatten`; `channels_first` moves the first axis to the end before. */
export function importFlatten(call: LayerCall): Value {
  const { input } = call;
  const rank = input.shape.length;
  if (call.text("data_format", "channels_last") === "channels_last" || rank < 2)
    return call.add({ op: "Flatten" }, [input]);
  const perm = [...input.shape.keys()].slice(1);
  const turned = call.add({ op: "Transpose", perm: [...perm, 0] }, [input], "Transpose");
  return call.add({ op: "Flatten" }, [turned]);
}

/** `Reshape`; one size may be -1 (null in tfjs), which takes what is left. */
export function importReshape(call: LayerCall): Value {
  const { input } = call;
  const target = call.settings.get("target_shape");
  const size = input.shape.reduce((product, n) => product * n, 1);
  const reject = () => call.reject(`target_shape is ${valueText(target)}, expected sizes for ${size} values`);
  if (!Array.isArray(target)) return reject();
  const isOpen = (n: unknown) => n === null || n === -1;
  const known = target.filter((n) => !isOpen(n));
  if (!known.every((n) => Number.isSafeInteger(n) && n > 0) || target.length - known.length > 1)
    return reject();
  const rest = size / known.reduce((product: number, n: number) => product * n, 1);
  if (!Number.isSafeInteger(rest) || (known.length === target.length && rest !== 1)) return reject();
  return call.add({ op: "Reshape", shape: target.map((n) => (isOpen(n) ? rest : n)) }, [input]);
}

/** `Permute`: `dims` counts from 1. */
export function importPermute(call: LayerCall): Value {
  const { input } = call;
  const dims = call.settings.get("dims");
  const sorted = Array.isArray(dims) ? [...dims].sort((a, b) => a - b) : [];
  if (!Array.isArray(dims) || dims.length !== input.shape.length || sorted.some((d, i) => d !== i + 1))
    return call.reject(`dims is ${valueText(dims)}, expected a permutation of 1 to ${input.shape.length}`);
  return call.add({ op: "Transpose", perm: dims.map((d) => d - 1) }, [input]);
}
