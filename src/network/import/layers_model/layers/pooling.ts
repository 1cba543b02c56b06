import type { Value } from "../../graph_builder.js";
import type { LayerCall } from "../layer_call.js";
import { paddingOf } from "./convolution.js";

/** `MaxPooling2D`, `AveragePooling2D`; the stride is the window where it is not given. */
export function importPool(call: LayerCall, op: "MaxPool" | "AveragePool"): Value {
  const { image } = call;
  const kernel = call.pair("pool_size", 2, 1);
  const strides = call.pair("strides", kernel, 1);
  return call.add({ op, kernel, strides, pads: paddingOf(call, image, kernel, strides, [1, 1]) }, [image]);
}

/** `GlobalAveragePooling2D`, `GlobalMaxPooling2D`. */
export function importGlobalPool(call: LayerCall, op: "GlobalAveragePool" | "GlobalMaxPool"): Value {
  const { image } = call;
  const pooled = call.add({ op }, [image]);
  if (!call.flag("keepdims", false)) return pooled;
  return call.add({ op: "Reshape", shape: [1, 1, image.shape[2]] }, [pooled], "keepdims");
}
