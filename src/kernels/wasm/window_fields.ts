import type { Node } from "../node.js";
import type { Window } from "../window.js";

/** The geometry fields that windowed kernels share. */
export function windowFields(node: Node & Pick<Window, "kernel" | "strides" | "pads">) {
  const [height, width] = node.inputShapes[0];
  return {
    height,
    width,
    kernelHeight: node.kernel[0],
    kernelWidth: node.kernel[1],
    strideHeight: node.strides[0],
    strideWidth: node.strides[1],
    padTop: node.pads[0],
    padLeft: node.pads[1],
    outHeight: node.shape[0],
    outWidth: node.shape[1],
  };
}
