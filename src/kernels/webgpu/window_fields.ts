import type { Node } from "../node.js";
import type { Window } from "../window.js";

/** The geometry that windowed kernels share; channels by fours if `vector`. */
export function windowFields(node: Node & Pick<Window, "kernel" | "strides" | "pads">, vector: boolean) {
  const [height, width, channels] = node.inputShapes[0];
  return {
    channels: vector ? channels / 4 : channels,
    height,
    width,
    outHeight: node.shape[0],
    outWidth: node.shape[1],
    kernelHeight: node.kernel[0],
    kernelWidth: node.kernel[1],
    strideHeight: node.strides[0],
    strideWidth: node.strides[1],
    padTop: node.pads[0],
    padLeft: node.pads[1],
  };
}
