import type { Resize } from "../../../spec.js";
import { valueText } from "../../failure.js";
import type { Value } from "../../graph_builder.js";
import type { LayerCall } from "../layer_call.js";

/**
 * `UpSampling2D`. TensorFlow.js reads source coordinate `i / scale` in both modes; Keras puts half a pixel in, which gives the
 * same pixels for `nearest` and other weights for `bilinear`. A model means what its writer computes.
 */
export function importUpSampling2d(call: LayerCall): Value {
  const { image } = call;
  const [rows, columns] = call.pair("size", 2, 1);
  const size = [image.shape[0] * rows, image.shape[1] * columns] as const;
  const mode = modeOf(call, "nearest");
  const coordinates = mode === "linear" && call.writer !== "tfjs" ? "half_pixel" : "asymmetric";
  return call.add({ op: "Resize", mode, coordinates, size }, [image]);
}

/**
 * `Resizing` as Keras computes it, with half pixels; in TensorFlow.js 4.22 a model with this layer does not run.
 */
export function importResizing(call: LayerCall): Value {
  const { image } = call;
  if (call.flag("crop_to_aspect_ratio", false)) call.unsupported("crop_to_aspect_ratio");
  if (call.flag("pad_to_aspect_ratio", false)) call.unsupported("pad_to_aspect_ratio");
  // What pads to the aspect ratio would be filled with.
  call.settings.ignore("fill_mode", "fill_value");
  if (call.flag("antialias", false)) call.unsupported("antialias");
  const size = [call.integer("height", undefined, 1), call.integer("width", undefined, 1)] as const;
  const mode = modeOf(call, "bilinear");
  return call.add({ op: "Resize", mode, coordinates: "half_pixel", size }, [image]);
}

function modeOf(call: LayerCall, fallback: string): Resize["mode"] {
  const interpolation = call.text("interpolation", fallback);
  if (interpolation === "nearest") return "nearest";
  return interpolation === "bilinear"
    ? "linear"
    : call.unsupported(`interpolation ${valueText(interpolation)}`);
}
