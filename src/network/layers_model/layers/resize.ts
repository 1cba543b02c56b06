import type { Resize } from "../../spec.js";
import type { Value } from "../graph_builder.js";
import type { LayerCall } from "../layer_call.js";

/**
 * `UpSampling2D`. TensorFlow.js reads source coordinate `i / scale` in both modes. (Keras puts half a pixel
 * in: the same pixels for `nearest`, slightly different weights for `bilinear`; a LayersModel runs in TensorFlow.js.)
 */
export function importUpSampling2d(call: LayerCall): Value {
  const { image } = call;
  const [rows, columns] = call.pair("size", 2, 1);
  const size = [image.shape[0] * rows, image.shape[1] * columns] as const;
  return call.add({ op: "Resize", mode: modeOf(call, "nearest"), coordinates: "asymmetric", size }, [image]);
}

/** `Resizing`, which in TensorFlow.js aligns the corners, or does not where it keeps the aspect ratio. */
export function importResizing(call: LayerCall): Value {
  const { image } = call;
  if (call.flag("crop_to_aspect_ratio", false)) call.unsupported("crop_to_aspect_ratio");
  const size = [call.integer("height", undefined, 1), call.integer("width", undefined, 1)] as const;
  // With one row or column there is no second corner to align, and no formula both agree on.
  if (size.includes(1)) call.unsupported(`a size of ${size.join("x")}`);
  return call.add({ op: "Resize", mode: modeOf(call, "bilinear"), coordinates: "align_corners", size }, [
    image,
  ]);
}

function modeOf(call: LayerCall, fallback: string): Resize["mode"] {
  const interpolation = call.text("interpolation", fallback);
  if (interpolation === "nearest") return "nearest";
  return interpolation === "bilinear" ? "linear" : call.unsupported(`interpolation ${interpolation}`);
}
