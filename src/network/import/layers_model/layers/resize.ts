import type { Activation } from "../../dataflow/activation.js";
import { pad } from "../../dataflow/borders.js";
import { type Part, take } from "../../dataflow/parts.js";
import { resize, type Sampling } from "../../dataflow/resize.js";
import type { ImageAxes } from "../../dataflow/window.js";
import { valueText } from "../../failure.js";
import type { LayerCall } from "../layer_call.js";

/**
 * `UpSampling1D`, `UpSampling2D`. TensorFlow.js reads source coordinate `i / scale` in both modes; Keras puts half a pixel in,
 * which gives the same pixels for `nearest` and other weights for `bilinear`. A model means what its writer computes.
 */
export function importUpSampling(call: LayerCall, spatial: number): Activation {
  const axes = call.imageAxes(spatial);
  const size = call.each("size", spatial, 2, 1);
  const factors = call.input.dims.map((_, axis) => size[axes.spatial.indexOf(axis)] ?? 1);
  const lengths = call.input.dims.map((n, axis) => n * factors[axis]);
  const mode = spatial === 1 ? "nearest" : modeOf(call, "nearest");
  const coordinates = mode === "linear" && call.writer !== "tfjs" ? "half_pixel" : "asymmetric";
  return resize(call.flow, call.input, axes, lengths, factors, { mode, coordinates, rounding: "floor" });
}

/**
 * `Resizing` as Keras computes it, with half pixels; in TensorFlow.js 4.22 a model with this layer does not run.
 */
export function importResizing(call: LayerCall): Activation {
  const axes = call.imageAxes(2);
  const crops = call.flag("crop_to_aspect_ratio", false);
  const pads = call.flag("pad_to_aspect_ratio", false);
  const fill = call.number("fill_value", 0);
  if (call.text("fill_mode", "constant") !== "constant")
    call.unsupported(`fill_mode ${valueText(call.settings.get("fill_mode"))}`);
  if (call.flag("antialias", false)) call.unsupported("antialias");
  const size = sizeOf(call);
  const mode = modeOf(call, "bilinear");
  const source = crops ? cropped(call, axes, size) : pads ? padded(call, axes, size, fill) : call.input;
  return resized(call, source, axes, size, mode);
}

/** `CenterCrop`: the middle of the image; of one that is smaller, the middle of its aspect ratio, enlarged. */
export function importCenterCrop(call: LayerCall): Activation {
  const axes = call.imageAxes(2);
  const size = sizeOf(call);
  const lengths = axes.spatial.map((axis) => call.input.dims[axis]);
  if (lengths.some((length, i) => length < size[i]))
    return resized(call, cropped(call, axes, size), axes, size, "linear");
  return middle(call, axes, size);
}

/** `RandomCrop` without training: the middle of the image in the aspect ratio that is wanted, resized. */
export function importRandomCrop(call: LayerCall): Activation {
  const axes = call.imageAxes(2);
  const size = sizeOf(call);
  return resized(call, cropped(call, axes, size), axes, size, "linear");
}

type Size = readonly [height: number, width: number];

function sizeOf(call: LayerCall): Size {
  return [call.integer("height", undefined, 1), call.integer("width", undefined, 1)];
}

function resized(
  call: LayerCall,
  x: Activation,
  axes: ImageAxes,
  size: Size,
  mode: Sampling["mode"],
): Activation {
  const lengths = x.dims.map((n, axis) => size[axes.spatial.indexOf(axis)] ?? n);
  const factors = lengths.map((n, axis) => n / x.dims[axis]);
  const sampling = { mode, coordinates: "half_pixel", rounding: "round_prefer_ceil" } as const;
  return resize(call.flow, x, axes, lengths, factors, sampling);
}

/** The largest part with the aspect ratio of `size`, from the middle. */
function cropped(call: LayerCall, axes: ImageAxes, [height, width]: Size): Activation {
  const [rows, columns] = axes.spatial.map((axis) => call.input.dims[axis]);
  return middle(call, axes, [
    Math.min(rows, Math.trunc((columns * height) / width)),
    Math.min(columns, Math.trunc((rows * width) / height)),
  ]);
}

function middle(call: LayerCall, { spatial }: ImageAxes, size: Size): Activation {
  return spatial.reduce((x, axis, i) => {
    const start = Math.trunc((x.dims[axis] - size[i]) / 2);
    const part: Part = { axis, start, step: 1, count: size[i] };
    return take(call.flow, x, part);
  }, call.input);
}

/** The image in the middle of the smallest one with the aspect ratio of `size`. */
function padded(call: LayerCall, { spatial }: ImageAxes, [height, width]: Size, value: number): Activation {
  const { dims } = call.input;
  const [rows, columns] = spatial.map((axis) => dims[axis]);
  const grown = [
    Math.max(rows, Math.trunc((columns * height) / width)),
    Math.max(columns, Math.trunc((rows * width) / height)),
  ];
  const pads = dims.map((n, axis) => {
    const more = spatial.includes(axis) ? grown[spatial.indexOf(axis)] - n : 0;
    const before = Math.trunc(more / 2);
    return [before, more - before] as const;
  });
  return pad(call.flow, call.input, pads, { value });
}

function modeOf(call: LayerCall, fallback: string): Sampling["mode"] {
  const interpolation = call.text("interpolation", fallback);
  if (interpolation === "nearest") return "nearest";
  return interpolation === "bilinear"
    ? "linear"
    : call.unsupported(`interpolation ${valueText(interpolation)}`);
}
