// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is replaced is source, templates among it.
/** Layers in WGSL. */
import { kernels, webgpu } from "../suites.mjs";

const wgslConv = webgpu("kernels/conv", "wgsl.ts", kernels("wgsl_conv"));
const wgslPack = webgpu("kernels/conv", "wgsl_pack.ts", kernels("wgsl_conv"));

/** @type {import("../mutants.mjs").Mutant[]} */
export const mutants = [
  {
    ...wgslConv,
    name: "WGSL convolution: stride",
    what: "columns of outputs are as far apart as rows",
    from: "let j = u32(pixels.y) + (r % size.y) * p.outStepX;",
    to: "let j = u32(pixels.y) + (r % size.y) * p.outStepY;",
  },
  {
    ...wgslConv,
    name: "WGSL convolution: border",
    what: "the column right of the image is read",
    from: "(u32(j) >= u32(p.inWidth))",
    to: "(u32(j) > u32(p.inWidth))",
  },
  {
    ...wgslConv,
    name: "WGSL convolution: depth",
    what: "the last, short chunk of the depth is left out",
    from: "let steps = min(${depthVectors}u, (depth - first + ${chunk + 3}u) / 4u);",
    to: "let steps = min(${depthVectors}u, (depth - first + ${chunk}u) / 4u);",
  },
  {
    ...wgslConv,
    file: "src/kernels/webgpu/not_a_number.ts",
    name: "WGSL convolution: clamp",
    what: "the upper bound is dropped",
    from: "return select(select(raised, ${type}(p.high), raised > ${type}(p.high)), x, is_nan(x));",
    to: "return select(raised, x, is_nan(x));",
  },
  {
    ...wgslConv,
    name: "WGSL convolution: group",
    what: "every group reads the first channels",
    from: "let first_channel = block * p.depth;",
    to: "let first_channel = 0u;",
  },
  {
    ...wgslPack,
    name: "WGSL packing: pad",
    what: "pads of the two axes are swapped in the vjp",
    from: "const x = (j + pads[1] - q * dilations[1]) / strides[1];",
    to: "const x = (j + pads[0] - q * dilations[1]) / strides[1];",
  },
  {
    ...wgslPack,
    name: "WGSL packing: group",
    what: "every group has the weights of the first",
    from: "g * outputs + output];",
    to: "output];",
  },
  {
    ...webgpu("kernels/dense", "wgsl.ts", kernels("wgsl_dense")),
    name: "WGSL dense: slices",
    what: "the sums of two slices are left out",
    from: "for (var half = ${INVOCATIONS / 2}u; half >= ${VECTORS}u; half /= 2u) {",
    to: "for (var half = ${INVOCATIONS / 2}u; half > ${VECTORS}u; half /= 2u) {",
  },
  {
    ...webgpu("kernels/depthwise", "wgsl_vjp.ts", kernels("wgsl_depthwise")),
    name: "WGSL depthwise vjp: step",
    what: "taps of the columns go in the steps of the rows",
    from: "q += p.tapStepWidth",
    to: "q += p.tapStepHeight",
  },
  {
    ...webgpu("kernels/pixel_map", "wgsl.ts", kernels("wgsl_pixel_map")),
    name: "WGSL pixel map: factor",
    what: "entries that are loaded ahead take the factor of the first",
    from: "entries[2u * j + ${2 * i + 1}u]",
    to: "entries[2u * j + 1u]",
  },
  {
    ...webgpu("kernels/gather", "wgsl.ts", kernels("wgsl_layout")),
    name: "WGSL gather: first unit",
    what: "unit 0 counts as none",
    from: "if (source >= 0)",
    to: "if (source > 0)",
  },
  {
    ...webgpu("kernels/gather", "lower_webgpu.ts", kernels("wgsl_layout")),
    name: "WGSL gather: fours",
    what: "units move by fours though they are not aligned",
    from: "return first < 0 ? from < 0 : first % 4 === 0 && from === first + (i % 4);",
    to: "return first < 0 ? from < 0 : from === first + (i % 4);",
  },
  {
    ...webgpu("kernels/max_pool", "wgsl_vjp.ts", kernels("wgsl_max_pool")),
    name: "WGSL max pool: image",
    what: "winners are those of another image",
    from: "let image = slots[n / call.lanes] * outputs;",
    to: "let image = (n / call.lanes) * outputs;",
  },
  {
    ...webgpu("kernels/arithmetic", "wgsl_product.ts", kernels("wgsl_arithmetic", "wgsl_element_wise")),
    name: "WGSL product: image",
    what: "factors are those of another image",
    from: "factor[slots[n / call.lanes] * p.factorUnits",
    to: "factor[(n / call.lanes) * p.factorUnits",
  },
  {
    ...webgpu("kernels/arithmetic", "wgsl_sum.ts", kernels("wgsl_arithmetic")),
    name: "WGSL repeated sum: sign",
    what: "the sign of a difference is dropped",
    from: "p.sign * partial[lane]",
    to: "partial[lane]",
  },
  {
    ...webgpu("kernels/webgpu", "shader.ts", kernels("wgsl_depthwise", "wgsl_affine")),
    name: "WGSL share: mask",
    what: "a unit at the bound is live",
    from: '"v > p.low && v < p.high"',
    to: '"v >= p.low && v < p.high"',
  },
  {
    ...webgpu("kernels/add_cotangents", "wgsl.ts", kernels("wgsl_affine")),
    name: "WGSL sum of shares",
    what: "a share is left out",
    from: "y[at] = share(n, p.units, u, x[at]);",
    to: "y[at] = share(n, p.units, u, x[at] * 0.0);",
  },
];
