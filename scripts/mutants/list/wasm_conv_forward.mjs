/** Convolutions on WASM, outputs from inputs: forward passes, the gradient of one cotangent, lists of what is not 0. */
import { kernels, wasm } from "../suites.mjs";

const convForward = wasm("kernels/conv", "wasm_forward.ts", kernels("wasm_conv_forward", "wasm_conv_sparse"));
const convSparse = wasm("kernels/conv", "wasm_forward_sparse.ts", kernels("wasm_conv_sparse"));
const sparseColumns = wasm("kernels/conv", "wasm_sparse_columns.ts", kernels("wasm_conv_sparse"));
const convGradient = wasm("kernels/conv", "wasm_gradient.ts", kernels("wasm_conv_gradient"));
const convStore = wasm("kernels/conv", "wasm_store.ts", kernels("wasm_conv_forward", "wasm_conv_gradient"));
const convGradientLive = wasm("kernels/conv", "wasm_gradient_live.ts", kernels("wasm_conv_gradient"));
const convGradientFew = wasm("kernels/conv", "wasm_gradient_few.ts", kernels("wasm_conv_gradient"));
const convGradientChoice = wasm("kernels/conv", "wasm_gradient_choice.ts", kernels("wasm_conv_gradient"));
const convGradientSparse = wasm("kernels/conv", "wasm_gradient_sparse.ts", kernels("wasm_conv_gradient"));
const nonzeroList = wasm("kernels/nonzero_list", "wasm.ts", kernels("wasm_conv_sparse"));

/** @type {import("../mutants.mjs").Mutant[]} */
export const mutants = [
  {
    ...convForward,
    name: "conv_forward: pad",
    what: "the sign of the pad above",
    from: "iy.set(oy.mul(strideHeight).sub(padTop));",
    to: "iy.set(oy.mul(strideHeight).add(padTop));",
  },
  {
    ...convForward,
    name: "conv_forward: stride",
    what: "the stride of the other axis",
    from: "column[m].set(clamped.mul(strideWidth).sub(padLeft));",
    to: "column[m].set(clamped.mul(strideHeight).sub(padLeft));",
  },
  {
    ...convForward,
    name: "conv_forward: dilation",
    what: "rows of taps lie next to each other",
    from: "iy.set(iy.add(dilationHeight));",
    to: "iy.set(iy.add(1));",
  },
  {
    ...convForward,
    name: "conv_forward: tap",
    what: "weights of the next tap begin one channel late",
    from: "tapWeights.set(tapWeights.add(depthBytes.mul(4 * V)));",
    to: "tapWeights.set(tapWeights.add(depthBytes.add(4).mul(4 * V)));",
  },
  {
    ...convStore,
    name: "conv_forward: last filters",
    what: "an incomplete block stores a lane too many",
    from: "ifThen(left.gtU(4 * v + lane), () => {",
    to: "ifThen(left.geU(4 * v + lane), () => {",
  },
  {
    ...convStore,
    name: "conv_forward: residual lane",
    what: "every lane of an incomplete block takes the first's residual",
    from: "loadSplat(array.add(out), 16 * v + 4 * lane)",
    to: "loadSplat(array.add(out), 16 * v)",
  },
  {
    ...convStore,
    name: "conv_forward: clamp",
    what: "the upper bound is dropped",
    from: "value.set(clamp(value, sums.low, sums.high))",
    to: "value.set(value.pmax(sums.low))",
  },
  {
    ...convStore,
    name: "conv_forward: -0",
    what: "sums of -0 stay",
    from: "for (const sum of acc) sum.set(sum.add(zero()));",
    to: "for (const sum of acc) sum.set(sum);",
  },
  {
    ...convForward,
    name: "conv_forward: threshold",
    what: "leaves a layer alone only below the limit, not at it",
    from: 'ifThen(listed.leU(field("most")), () => begin.set(end));',
    to: 'ifThen(listed.ltU(field("most")), () => begin.set(end));',
  },
  {
    ...convForward,
    name: "conv_forward: row's end",
    what: "pixels beyond the row are stored",
    from: "else ifThen(ox.ltU(outWidth), store);",
    to: "else ifThen(ox.leU(outWidth), store);",
  },
  {
    ...sparseColumns,
    name: "conv_forward_sparse: border",
    what: "the stretch under the kernel goes beyond the row",
    from: "to.set(minSigned(first.add(kernelWidth), width).shl(2));",
    to: "to.set(first.add(kernelWidth).shl(2));",
  },
  {
    ...sparseColumns,
    name: "conv_forward_sparse: rows",
    what: "sums move up one row too few",
    from: "acc[1][v].set(acc[2][v]);",
    to: "acc[1][v].set(acc[1][v]);",
  },
  {
    ...convSparse,
    name: "conv_forward_sparse: kernel row",
    what: "kernel rows the other way round",
    from: "16 * ((SPARSE_ROWS - 1 - output) * V + v)",
    to: "16 * (output * V + v)",
  },
  {
    ...convSparse,
    name: "conv_forward_sparse: threshold",
    what: "does nothing at the limit",
    from: '.gtU(field("most"))',
    to: '.geU(field("most"))',
  },
  {
    ...convStore,
    name: "conv_gradient: mask",
    what: "dead units are written",
    from: "value.set(value.and(isLive(live, low, high)));",
    to: "value.set(value.or(isLive(live, low, high).and(zero())));",
  },
  {
    ...convGradient,
    name: "conv_gradient: tap row",
    what: "the weights stay those of the first row of taps",
    from: "rowWeights.set(rowWeights.add(rowStep));",
    to: "rowWeights.set(rowWeights.add(0));",
  },
  {
    ...convGradient,
    name: "conv_gradient: group",
    what: "all groups write where the first does",
    from: 'out.set(out.add(group.mul(field("yGroup"))));',
    to: "out.set(out.add(0));",
  },
  {
    ...convGradientSparse,
    name: "conv_gradient_sparse: kernel row",
    what: "the lower two outputs have each other's row of taps",
    from: "const rowTaps = [rowTap, locals.i32(rowTap.mul(2))];",
    to: "const rowTaps = [locals.i32(rowTap.mul(2)), rowTap];",
  },
  {
    ...convGradientLive,
    name: "conv_gradient_live: border",
    what: "weights of columns beyond the image are not passed over",
    from: "for (const i of ALL) w[i].set(w[i].add(skip));",
    to: "for (const i of ALL) w[i].set(w[i].add(0));",
  },
  {
    ...convGradientLive,
    name: "conv_gradient_live: stand-in",
    what: "the first of two or three units gets its sum twice",
    from: "i32Gt(i32x4Of(0, 1, 2, 3))",
    to: "i32Gt(i32x4Of(0, 1, 2, 2))",
  },
  {
    ...convGradientLive,
    name: "conv_gradient_live: residual",
    what: "what the sums start from is not masked",
    from: ".and(isLive(live, low, high))",
    to: ".or(isLive(live, low, high).and(zero()))",
  },
  {
    ...convGradientFew,
    name: "conv_gradient_few: channel",
    what: "every channel has the weights of the first",
    from: "w[c - 1].add(unitBytes)",
    to: "w[c - 1].add(0)",
  },
  {
    ...convGradientChoice,
    name: "choose_conv_gradient: cost",
    what: "the last kernel that beats the dense one is taken, not the best",
    from: "least.set(cost);",
    to: "least.set(1);",
  },
  {
    ...nonzeroList,
    name: "nonzero_list: offset",
    what: "the last lane's offset",
    from: "offset.set(i32x4Of(0, step, step.mul(2), step.mul(3)));",
    to: "offset.set(i32x4Of(0, step, step.mul(2), step.mul(2)));",
  },
];
