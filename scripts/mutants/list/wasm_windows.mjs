/** Depthwise convolutions and max-pools on WASM. */
import { kernels, wasm } from "../suites.mjs";

const depthwiseForward = wasm("kernels/depthwise", "wasm_forward.ts", kernels("wasm_depthwise"));
const depthwiseVjp = wasm("kernels/depthwise", "wasm_vjp.ts", kernels("wasm_depthwise"));
const depthwiseGradient = wasm("kernels/depthwise", "wasm_gradient.ts", kernels("wasm_depthwise"));
const depthwiseTaps = wasm("kernels/depthwise", "wasm_taps.ts", kernels("wasm_depthwise"));
const maxPool = (file) => wasm("kernels/max_pool", file, kernels("wasm_max_pool"));

/** @type {import("../mutants.mjs").Mutant[]} */
export const mutants = [
  {
    ...depthwiseForward,
    name: "depthwise_forward: stride",
    what: "tiles take the taps of stride 1",
    from: "const t = j - m * stride;",
    to: "const t = j - m;",
  },
  {
    ...depthwiseForward,
    name: "depthwise_forward: overlap",
    what: "the last vector of channels begins a channel late",
    from: "last.set(pixelBytes.sub(16));",
    to: "last.set(pixelBytes.sub(12));",
  },
  {
    ...depthwiseForward,
    name: "depthwise_forward: bottom",
    what: "a tap below the image is taken for one on it",
    from: "stop.set(selectI32(origin.ltS(n), n.sub(1).sub(origin).divU(dilation).add(1), 0));",
    to: "stop.set(selectI32(origin.ltS(n), n.sub(origin).divU(dilation).add(1), 0));",
  },
  {
    ...depthwiseForward,
    name: "depthwise_forward: interior",
    what: "a column too many is taken for inside",
    from: "interiorEnd.set(width.sub(1).add(padLeft).sub(kernelWidth.sub(1).mul(dilationWidth)));",
    to: "interiorEnd.set(width.add(padLeft).sub(kernelWidth.sub(1).mul(dilationWidth)));",
  },
  {
    ...depthwiseGradient,
    name: "depthwise_vjp_1: mask",
    what: "dead inputs are written",
    from: "sum.set(sum.and(isLive(live, low, high)));",
    to: "live.set(live.and(isLive(live, low, high)));",
  },
  {
    ...depthwiseTaps,
    name: "depthwise_vjp: rows",
    what: "the rows of taps lie a column apart",
    from: "weightRowStep.set(vertical.step.mul(kernelWidth).mul(filterBytes));",
    to: "weightRowStep.set(vertical.step.mul(filterBytes));",
  },
  {
    ...depthwiseVjp,
    name: "depthwise_vjp: mask",
    what: "dead outputs are not masked",
    from: "masked ? g.and(live) : g",
    to: "g",
  },
  {
    ...wasm("kernels/depthwise", "wasm_taps.ts", kernels("wasm_depthwise")),
    name: "depthwise_vjp: taps",
    what: "the step between taps is counted from the first tap of all",
    from: "step.set(tap.sub(first));",
    to: "step.set(tap);",
  },
  {
    ...maxPool("wasm_forward.ts"),
    name: "max_pool_forward: tie",
    what: "the last of equals wins",
    from: "winner[v].set(index.select(winner[v], candidate.gt(best[v])));",
    to: "winner[v].set(index.select(winner[v], candidate.ge(best[v])));",
  },
  {
    ...maxPool("wasm_windows.ts"),
    name: "max_pool_vjp: window",
    what: "the last window of a pixel is missing",
    from: "stop.set(minSigned(at.add(axis.pad).divU(axis.stride).add(1), n));",
    to: "stop.set(minSigned(at.add(axis.pad).divU(axis.stride), n));",
  },
  {
    ...maxPool("wasm_vjp.ts"),
    name: "max_pool_vjp: compact",
    what: "compact cotangents are written by channel",
    from: "to.set(selectI32(xEntries, entry.sub(xEntries).shrU(2), unit));",
    to: "to.set(unit);",
  },
];
