/** Multiply-adds of the calls of convolution kernels, from their fields and from the lists that a pass has left in memory. */
import type { Macs, ReadField, Work } from "../wasm/tape.js";
import { CHOICE } from "./gradient_kernels.js";
import { SPARSE_ROWS } from "./pack.js";

const NONE: Macs = { dense: 0, live: 0 };

/** Of a dense kernel; none where it left the layer to the sparse one. */
export const denseForwardWork: Work = (words, field) => {
  if (field("nonzeros") !== 0 && isSparse(words, field, field("nonzeros"))) return NONE;
  const macs =
    field("outHeight") *
    field("outWidth") *
    field("filters") *
    field("depth") *
    field("kernelHeight") *
    field("kernelWidth");
  return { dense: macs, live: macs };
};

/** Of `conv_gradient`; none where it left the layer to another. */
export const gradientWork =
  (macs: number): Work =>
  (words, field) =>
    isChosen(words, field, CHOICE.dense) ? { dense: macs, live: macs } : NONE;

/** Of the kernel that skips inputs of 0; none where it left the layer to the dense one. */
export const sparseForwardWork: Work = (words, field) =>
  isSparse(words, field, field("table")) ? nonzeroMacs(words, field) : NONE;

/** Of `conv_gradient_sparse`. */
export const chosenSparseWork: Work = (words, field) =>
  isChosen(words, field, CHOICE.sparse) ? nonzeroMacs(words, field) : NONE;

/** Of `conv_gradient_live`, taps that padding meets counted as if they were pixels. */
export const chosenLiveWork: Work = (words, field) => {
  if (!isChosen(words, field, CHOICE.live)) return NONE;
  const [pixels, pitch] = [field("outHeight") * field("outWidth"), field("pitch")];
  let live = 0;
  for (let p = 0; p < pixels; p++) live += listed(words, field("table") + p * pitch, 0, pitch - 4);
  const macs = field("unitBytes") / 4;
  return { dense: pixels * field("channels") * macs, live: live * macs };
};

/** Of a dense kernel for groups, with so many taps. */
export const groupedForwardWork =
  (taps: number): Work =>
  (_words, field) => {
    const outputs = field("outHeight") * field("outWidth") * field("filters") * field("groups");
    const macs = outputs * field("depth") * taps;
    return { dense: macs, live: macs };
  };

export const winogradWork: Work = (_words, field) => {
  const products = field("patches") * field("depth") * field("filters");
  return { dense: 36 * products, live: 16 * products };
};

/** Of a vjp that carries `lanes` cotangents over `blocks` blocks of channels. */
export const vjpWork =
  (lanes: number, blocks: number): Work =>
  (words, field) => {
    const size = { inputs: field("xChannels"), outputs: field("tapBytes") / field("rowBytes") };
    const [begin, end] = [field("yBegin"), field("yEnd")];
    return liveMacs(field, lanes, size, (xRow, yRow) => {
      return listed(words, xRow, 0, 4 * blocks) * listed(words, yRow, begin, end);
    });
  };

/** The same in groups. */
export const groupedVjpWork =
  (lanes: number): Work =>
  (words, field) => {
    const groups = field("groups");
    const size = { inputs: field("xChannels"), outputs: field("filters") };
    return liveMacs(field, lanes, size, (xRow, yRow) => {
      let pairs = 0;
      for (let at = 0; at < 4 * groups; at += 4)
        pairs += listed(words, xRow, at, at + 4) * listed(words, yRow, at, at + 4);
      return pairs;
    });
  };

/** Entries of a live list between two boundaries of a row of its table; all in bytes. */
const listed = (words: Int32Array, row: number, begin: number, end: number): number =>
  (words[(row + end) / 4] - words[(row + begin) / 4]) / 4;

/** Whether `choose_conv_gradient` has left a layer to a kernel. */
const isChosen = (words: Int32Array, field: ReadField, own: number): boolean =>
  field("choice") === 0 ? own === CHOICE.dense : words[field("choice") / 4] === own;

/** What the convolutions that choose by it see of a `nonzero_list`. */
function isSparse(words: Int32Array, field: ReadField, table: number): boolean {
  const width = field("width");
  let bytes = 0;
  for (let h = 0; h < field("height"); h++) {
    const row = table / 4 + h * (width + 1);
    bytes += words[row + width] - words[row];
  }
  return bytes <= field("most");
}

/** Adds up the listed inputs under every output. */
function nonzeroMacs(words: Int32Array, field: ReadField): Macs {
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

/**
 * Walks the taps of every input pixel as the kernel does.
 *
 * @param size channels of a pixel, and outputs that each of them has under a tap
 * @param pairs live inputs and outputs that meet, given their rows of the tables
 */
function liveMacs(
  field: ReadField,
  lanes: number,
  { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
  pairs: (xRow: number, yRow: number) => number,
): Macs {
  let live = 0;
  let dense = 0;
  for (let h = 0; h < field("height"); h++)
    for (let w = 0; w < field("width"); w++) {
      const xRow = field("xTable") + (h * field("width") + w) * field("xPitch");
      for (let r = 0; r < field("kernelHeight"); r++) {
        const top = h + field("padTop") - r * field("dilationHeight");
        const i = top / field("strideHeight");
        if (!Number.isInteger(i) || i < 0 || i >= field("outHeight")) continue;
        for (let s = 0; s < field("kernelWidth"); s++) {
          const left = w + field("padLeft") - s * field("dilationWidth");
          const j = left / field("strideWidth");
          if (!Number.isInteger(j) || j < 0 || j >= field("outWidth")) continue;
          live += pairs(xRow, field("yTable") + (i * field("outWidth") + j) * field("yPitch"));
          dense += inputs * outputs;
        }
      }
    }
  return { dense: dense * lanes, live: live * lanes };
}
