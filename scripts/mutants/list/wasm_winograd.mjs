/** Winograd's algorithm on WASM, and how weights of convolutions are packed. */
import { kernels, wasm } from "../suites.mjs";

const winogradInput = wasm("kernels/conv", "wasm_winograd_input.ts", kernels("wasm_winograd"));
const winogradMultiply = wasm("kernels/conv", "wasm_winograd_multiply.ts", kernels("wasm_winograd"));

/** @type {import("../mutants.mjs").Mutant[]} */
export const mutants = [
  {
    ...winogradInput,
    name: "winograd_input: sign",
    what: "a sign of B",
    from: "[a.sub(c), b.add(c), c.sub(b), b.sub(d)]",
    to: "[a.sub(c), b.add(c), b.sub(c), b.sub(d)]",
  },
  {
    ...winogradInput,
    name: "winograd_input: strip",
    what: "every strip is the first",
    from: "patch.set(firstPatch.add(begin));",
    to: "patch.set(begin);",
  },
  {
    ...winogradMultiply,
    name: "winograd_multiply: odd width",
    what: "outputs beyond the last column are stored",
    from: "ifThen(column.add(1).ltU(outWidth), () => {",
    to: "ifThen(column.add(1).leU(outWidth), () => {",
  },
  {
    ...winogradMultiply,
    name: "winograd_multiply: last patches",
    what: "the last tile is taken for a full one",
    from: "count.set(minU(patches.sub(patch), int(PATCHES)));",
    to: "count.set(int(PATCHES));",
  },
  {
    ...winogradMultiply,
    name: "winograd_multiply: sign",
    what: "a sign of A",
    from: "xv.set(t[1].sub(t[2]).sub(t[3]));",
    to: "xv.set(t[1].sub(t[2]).add(t[3]));",
  },
  {
    ...wasm("kernels/conv", "winograd.ts", kernels("wasm_winograd")),
    name: "packWinograd: sign",
    what: "a sign of G",
    from: "[0.5, -0.5, 0.5],",
    to: "[0.5, -0.5, -0.5],",
  },
  {
    ...wasm("kernels/conv", "pack.ts", kernels("wasm_conv_forward", "wasm_conv_sparse", "wasm_conv_vjp")),
    name: "packForward: last block",
    what: "the last filter is left out",
    from: "const width = Math.min(block, filters - b * block);",
    to: "const width = Math.min(block, filters - b * block - 1);",
  },
  {
    ...wasm("kernels/conv", "pack.ts", kernels("wasm_conv_forward", "wasm_conv_sparse", "wasm_conv_vjp")),
    name: "packVjp: part",
    what: "every part has the filters of the first",
    from: "const from = (t * depth + b * block) * allFilters + first;",
    to: "const from = (t * depth + b * block) * allFilters;",
  },
  {
    ...wasm("kernels/conv", "vjp_blocks.ts", kernels("wasm_conv_vjp")),
    name: "vjpScratch",
    what: "no room for the window that lies across the limit",
    from: "scratchBytes: 4 * outWidth + listBytes + window + SLACK",
    to: "scratchBytes: 4 * outWidth + listBytes + SLACK",
  },
];
