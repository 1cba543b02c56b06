import type { WindowOptions } from "../network_builder.js";

/** For the name of a case. */
export function describeWindow({
  kernel = 1,
  strides = 1,
  dilations = 1,
  pads = "valid",
}: WindowOptions): string {
  return `kernel ${kernel} stride ${strides} dilation ${dilations} pads ${pads}`;
}
