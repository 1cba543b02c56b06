// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is replaced is source, templates among it.
/** Kernels of operators that go row by row, product by product or axis by axis, on both machines. */
import { equivalence, kernels, wasm, webgpu } from "../suites.mjs";

const softmax = wasm("kernels/operators/softmax", "wasm.ts", kernels("wasm_softmax"));
const normalization = wasm(
  "kernels/operators/layer_normalization",
  "wasm.ts",
  kernels("wasm_layer_normalization"),
);
const reduction = wasm("kernels/reduction", "wasm.ts", kernels("wasm_reduction"));
const panelVjp = wasm("kernels/panel_product", "wasm_vjp.ts", kernels("wasm_panel_vjp"));
const repeated = wasm("kernels/arithmetic", "wasm_repeated.ts", kernels("wasm_repeated"));
const wgslSoftmax = webgpu("kernels/operators/softmax", "wgsl.ts", kernels("wgsl_softmax"));
const wgslNormalization = webgpu(
  "kernels/operators/layer_normalization",
  "wgsl.ts",
  kernels("wgsl_layer_normalization"),
);

/** @type {import("../mutants.mjs").Mutant[]} */
export const mutants = [
  {
    ...softmax,
    name: "softmax: last value",
    what: "the power of a last odd value is not in the sum",
    from: "total.set(power.f64Lane(0));",
    to: "",
  },
  {
    ...softmax,
    name: "softmax: largest",
    what: "the largest of a row is that of two of four lanes",
    from: "most.set(most.max(most.shuffle(most, [1, 0, 3, 2])));",
    to: "",
  },
  {
    ...normalization,
    name: "layer_normalization: kept rate",
    what: "the rate is kept in the place of the next row's mean",
    from: "storeF64(moments.add(begin.shl(4)), rate, 8);",
    to: "storeF64(moments.add(begin.shl(4)), rate, 16);",
  },
  {
    ...normalization,
    name: "layer_normalization: epsilon",
    what: "nothing is added to the variance",
    from: "rate.set(double(1).div(rate.add(epsilon).sqrt()));",
    to: "rate.set(double(1).div(rate.sqrt()));",
  },
  {
    ...reduction,
    name: "reduce_sum: rest",
    what: "values of a row behind the last eight are its first of them again",
    from: `          even.set(even.add(loadSplat(from)));
          from.set(from.add(4));`,
    to: `          even.set(even.add(loadSplat(from)));
          from.set(from.add(0));`,
  },
  {
    ...repeated,
    name: "sum_repeated: row",
    what: "every row takes the factors of the first",
    from: "weight.set(weight.add(weightRow));",
    to: "",
  },
  {
    ...repeated,
    name: "sum_repeated: unit",
    what: "all units of a block take the factor of its first",
    from: "times.set(loadSplat(weight, (4 * n) / vectors));",
    to: "times.set(loadSplat(weight));",
  },
  {
    ...wasm("kernels/arithmetic", "lower_wasm.ts", [equivalence("wasm-simd", "arithmetic")]),
    name: "arithmetic: repeated operand",
    what: "factors that are repeated are read on behind their end",
    from: "kept[`full${1 - i}`] ? units : sizeOf(node.inputShapes[1 - i])",
    to: "units",
  },
  {
    ...wasm("kernels/operators/mat_mul", "wasm_forward.ts", kernels("wasm_mat_mul")),
    name: "mat_mul_forward: last rows",
    what: "a row of the tile too many is skipped in y",
    from: "if (m + 1 < count) at.set(at.add(yRow));",
    to: "if (m + 2 < count) at.set(at.add(yRow));",
  },
  {
    ...panelVjp,
    name: "panel_vjp: chunk",
    what: "every chunk of terms starts from what there was before",
    from: "start.set(selectI32(chunk, gx, init));",
    to: "start.set(init);",
  },
  {
    ...panelVjp,
    name: "panel_vjp: scaled",
    what: "sums are multiplied after every chunk",
    from: "scaled.set(selectI32(chunk.add(terms).eq(depth), factors, 0));",
    to: "scaled.set(factors);",
  },
  {
    ...panelVjp,
    name: "panel_vjp: panel",
    what: "all panels have the factors of the first",
    from: "panel.set(panel.add(panelBytes));",
    to: "",
  },
  {
    ...panelVjp,
    name: "panel_vjp: gathered",
    what: "cotangents that lie apart are taken side by side",
    from: "at.set(at.add(gDepth));",
    to: "at.set(at.add(laneBytes));",
  },
  {
    ...panelVjp,
    name: "panel_vjp: round",
    what: "the second term of a round has the factors of the first",
    from: "weight: (i) => 4 * (PANEL * n + i)",
    to: "weight: (i) => 4 * i",
  },
  {
    ...panelVjp,
    name: "panel_vjp: block",
    what: "a block of columns begins with the first panel",
    from: "panels.set(s.add(batch.mul(sBatch)).add(first.divU(PANEL).mul(panelBytes)));",
    to: "panels.set(s.add(batch.mul(sBatch)));",
  },
  {
    ...wasm("kernels/panel_product", "lower_wasm.ts", [equivalence("wasm-simd", "mat_mul")]),
    name: "mat_mul vjp: last panel",
    what: "the last panel, of fewer columns, lies where the first does",
    from: "toStart: first * PANEL * depth,",
    to: "toStart: 0,",
  },
  {
    ...wgslSoftmax,
    name: "WGSL softmax: largest",
    what: "the largest of a row is lost by the invocations that do not hold it",
    from: "most = largest(lane, most);",
    to: "",
  },
  {
    ...wgslSoftmax,
    name: "WGSL softmax: image",
    what: "the vjp takes the values of another image",
    from: "let image = slots[n / call.lanes] * units;",
    to: "let image = n / call.lanes * units;",
  },
  {
    ...wgslNormalization,
    name: "WGSL layer normalization: variance",
    what: "distances are those from 0",
    from: "let distance = x[first + i] - mean;",
    to: "let distance = x[first + i];",
  },
  {
    ...wgslNormalization,
    name: "WGSL layer normalization: row",
    what: "the vjp takes what was kept of the image's first row",
    from: "(slots[n / call.lanes] * p.rows + row) * (p.depth + 1u);",
    to: "(slots[n / call.lanes] * p.rows) * (p.depth + 1u);",
  },
  {
    ...webgpu("kernels/reduction", "wgsl.ts", kernels("wgsl_reduction")),
    name: "WGSL repeated: inner",
    what: "values behind the summed axis are those of the axis' place",
    from: "let result = u / (p.count * p.inner) * p.inner + u % p.inner;",
    to: "let result = u / (p.count * p.inner) * p.inner + u / p.inner % p.inner;",
  },
  {
    ...webgpu("kernels/operators/mat_mul", "wgsl.ts", kernels("wgsl_mat_mul")),
    name: "WGSL product of matrices: rounds",
    what: "every round takes the left matrix of the first",
    from: "a[e] = left[leftFirst + round * p.leftRound + (firstRow + place)",
    to: "a[e] = left[leftFirst + (firstRow + place)",
  },
  {
    ...webgpu("kernels/operators/div", "wgsl.ts", kernels("wgsl_div")),
    name: "WGSL quotient: sign",
    what: "the sign of the divisor's cotangent is dropped",
    from: "factor1[at] = -(${a} / divisor) / divisor;",
    to: "factor1[at] = (${a} / divisor) / divisor;",
  },
];
