import { SPARSE_ROWS } from "../../kernels/conv/pack.js";
import type { BackwardTapes } from "./plan.js";
import type { Program } from "./program.js";
import { addressOf, type Entry, Float32Bits, type Tape } from "./tape.js";

/** One kernel call of a profile. */
export interface LayerTime {
  readonly layer: string;
  readonly kernel: string;
  readonly phase: "forward" | "backward";
  /** Shortest time of the repeats. */
  readonly milliseconds: number;
  /** Multiply-adds of a dense evaluation, and those really done; 0 for kernels that only move data. */
  readonly denseMacs: number;
  readonly liveMacs: number;
}

/**
 * Times every kernel call of the present image's forward and backward pass by itself. Multiply-adds of the
 * sparse kernels are counted from the live lists that the pass has left in memory.
 */
export function profile(
  program: Program,
  entriesOf: ReadonlyMap<Tape, readonly Entry[]>,
  tapes: BackwardTapes,
  repeats: number,
): LayerTime[] {
  const times = (tape: Tape, phase: LayerTime["phase"]): LayerTime[] => {
    const entries = entriesOf.get(tape) ?? [];
    const best = new Float64Array(entries.length).fill(Infinity);
    const work = entries.map(() => ({ dense: 0, live: 0 }));
    for (let round = 0; round < repeats; round++)
      entries.forEach((e, i) => {
        const start = performance.now();
        program.runPart(tape, i, i + 1);
        best[i] = Math.min(best[i], performance.now() - start);
        // Temporaries share room, so the lists must be read before the next call.
        if (round === 0) work[i] = countMacs(program, e);
      });
    return entries.map((e, i) => ({
      layer: e.label,
      kernel: e.kernel,
      phase,
      milliseconds: best[i],
      denseMacs: work[i].dense,
      liveMacs: work[i].live,
    }));
  };
  return [...times(program.plan.forward, "forward"), ...times(tapes.gradient, "backward")];
}

function countMacs(program: Program, e: Entry): { dense: number; live: number } {
  const field = (name: string): number => {
    const value = e.fields[name];
    return value instanceof Float32Bits ? value.value : addressOf(value);
  };
  const words = new Int32Array(program.memory.buffer);
  const few = (table: string): boolean => listedBytes(words, field, field(table)) <= field("most");
  if (e.kernel.startsWith("conv_forward_sparse"))
    return few("table") ? nonzeroMacs(words, field) : { dense: 0, live: 0 };
  if (e.kernel.startsWith("conv_forward")) {
    if (field("nonzeros") !== 0 && few("nonzeros")) return { dense: 0, live: 0 };
    const macs =
      field("outHeight") *
      field("outWidth") *
      field("filters") *
      field("depth") *
      field("kernelHeight") *
      field("kernelWidth");
    return { dense: macs, live: macs };
  }
  if (e.kernel === "winograd_multiply") {
    const products = field("patches") * field("depth") * field("filters");
    return { dense: 36 * products, live: 16 * products };
  }
  if (e.kernel === "depthwise_forward") {
    const macs =
      field("outHeight") *
      field("outWidth") *
      field("channels") *
      field("kernelHeight") *
      field("kernelWidth");
    return { dense: macs, live: macs };
  }
  if (!e.kernel.startsWith("conv_vjp")) return { dense: 0, live: 0 };
  const lanes = Number(e.kernel.split("_").at(-1));
  return liveConvMacs(words, field, e.tiles / (field("height") * field("width")), lanes);
}

/** What the convolutions that choose by it see of a `nonzero_list`. */
function listedBytes(words: Int32Array, field: (name: string) => number, table: number): number {
  const width = field("width");
  let bytes = 0;
  for (let h = 0; h < field("height"); h++) {
    const row = table / 4 + h * (width + 1);
    bytes += words[row + width] - words[row];
  }
  return bytes;
}

/** Adds up the listed inputs under every output. */
function nonzeroMacs(words: Int32Array, field: (name: string) => number) {
  const [height, width, kernelWidth] = [field("height"), field("width"), field("kernelWidth")];
  let [live, dense] = [0, 0];
  for (let i = 0; i < field("outHeight"); i++)
    for (let j = 0; j < field("outWidth"); j++)
      for (let r = 0; r < SPARSE_ROWS; r++) {
        dense += kernelWidth * field("depth");
        const h = i - field("padTop") + r;
        const from = Math.max(0, j - field("padLeft"));
        const to = Math.min(width, j - field("padLeft") + kernelWidth);
        if (h < 0 || h >= height || from >= to) continue;
        const row = field("table") / 4 + h * (width + 1);
        live += (words[row + to] - words[row + from]) / 4;
      }
  return { dense: dense * field("filters"), live: live * field("filters") };
}

/** Walks the taps of every input pixel as the kernel does. */
function liveConvMacs(words: Int32Array, field: (name: string) => number, blocks: number, lanes: number) {
  const length = (table: number, begin: number, end: number): number =>
    (words[(table + end) / 4] - words[(table + begin) / 4]) / 4;
  let live = 0;
  let dense = 0;
  const outChannels = field("tapBytes") / field("rowBytes");
  const xFirst = 4 * field("firstBlock");
  const depth = Math.min((blocks * field("rowBytes")) / 4, field("xChannels"));
  for (let h = 0; h < field("height"); h++)
    for (let w = 0; w < field("width"); w++) {
      const xRow = field("xTable") + (h * field("width") + w) * field("xPitch");
      const units = length(xRow, xFirst, xFirst + 4 * blocks);
      for (let r = 0; r < field("kernelHeight"); r++) {
        const top = h + field("padTop") - r * field("dilationHeight");
        const i = top / field("strideHeight");
        if (!Number.isInteger(i) || i < 0 || i >= field("outHeight")) continue;
        for (let s = 0; s < field("kernelWidth"); s++) {
          const left = w + field("padLeft") - s * field("dilationWidth");
          const j = left / field("strideWidth");
          if (!Number.isInteger(j) || j < 0 || j >= field("outWidth")) continue;
          const yRow = field("yTable") + (i * field("outWidth") + j) * field("yPitch");
          live += units * length(yRow, field("yBegin"), field("yEnd"));
          dense += depth * outChannels;
        }
      }
    }
  return { dense: dense * lanes, live: live * lanes };
}
