import type { FusedNetwork } from "./fuse.js";

/** Values that depend on the image: those whose cotangents are wanted. */
export function findVarying(network: FusedNetwork): ReadonlySet<string> {
  const varying = new Set([network.input]);
  for (const { inputs, residual, output } of network.steps)
    if ([...inputs, ...(residual ? [residual] : [])].some((name) => varying.has(name))) varying.add(output);
  return varying;
}
