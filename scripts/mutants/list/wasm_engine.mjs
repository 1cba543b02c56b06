// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is replaced is source, templates among it.
/** What networks become on the WASM engine: lowerings, masks, lists, cotangents, memory. */
import { equivalence, kernels, wasm } from "../suites.mjs";

const convLowering = wasm("kernels/conv", "lower_wasm.ts", [
  ...kernels("wasm_lowering"),
  equivalence("wasm-simd", "fusion", "graph"),
  equivalence("wasm-simd", "conv"),
]);
const plan = (file) =>
  wasm("engines/wasm/plan", file, [...kernels("wasm_lowering"), equivalence("wasm-simd", "fusion", "graph")]);

/** @type {import("../mutants.mjs").Mutant[]} */
export const mutants = [
  {
    ...wasm("kernels/conv", "lower_wasm_grouped.ts", [equivalence("wasm-simd", "conv")]),
    name: "convolution: group",
    what: "every group has the bias of the first",
    from: "bias[Math.floor(o / g.groupFilters) * padded + (o % g.groupFilters)] = g.bias[o];",
    to: "bias[Math.floor(o / g.groupFilters) * padded + (o % g.groupFilters)] = g.bias[o % g.groupFilters];",
  },
  {
    ...wasm("kernels/conv", "geometry.ts", [...kernels("wasm_lowering"), equivalence("wasm-simd", "conv")]),
    name: "convolution: flat",
    what: "a strided 1x1 convolution is flattened, too",
    from: "return taps === 1 && strides.every((s) => s === 1) && pads.every((p) => p === 0);",
    to: "return taps === 1 && pads.every((p) => p === 0);",
  },
  {
    ...convLowering,
    name: "convolution: parts",
    what: "every part of the filters starts anew",
    from: '...startFields(part === 0 ? start : { kind: "accumulate" }, target.buffer),',
    to: "...startFields(start, target.buffer),",
  },
  {
    ...convLowering,
    name: "convolution: slice",
    what: "a compact slice's weights are taken from where it begins",
    from: "yFirst: offset + first,",
    to: "yFirst: first,",
  },
  {
    ...wasm("kernels/conv", "start_fields.ts", [
      ...kernels("wasm_lowering"),
      equivalence("wasm-simd", "fusion", "graph"),
    ]),
    name: "convolution: start mask",
    what: "a cotangent that arrives by a residual is taken where it is dead, too",
    from: "initValues: source?.mask?.values ?? 0,",
    to: "initValues: 0,",
  },
  {
    ...wasm("kernels/conv", "lower_wasm_winograd.ts", kernels("wasm_winograd")),
    name: "Winograd lowering: last strip",
    what: "the last strip is taken for a full one",
    from: "const patches = Math.min(strip, all - firstPatch);",
    to: "const patches = strip;",
  },
  {
    ...wasm("kernels/conv", "geometry.ts", kernels("wasm_lowering")),
    name: "sparse lowering: dilation",
    what: "convolutions with strides and dilations go by the kernel that knows none",
    from: "[...strides, ...dilations, groups].every((n) => n === 1)",
    to: "[...strides, groups].every((n) => n === 1)",
  },
  {
    ...plan("masks.ts"),
    name: "masks: joined clamps",
    what: "a concatenation of values with different clamps has the first's mask",
    from: "if (first && rest.every((m) => m && m.low === first.low && m.high === first.high))",
    to: "if (first && rest.every((m) => m))",
  },
  {
    ...plan("masks.ts"),
    name: "masks: winners",
    what: "a value that others read, too, is masked by the winners of a max-pool",
    from: "if (readers.get(name) === 1 && name !== network.input)\n      masks.set(name",
    to: "if (name !== network.input)\n      masks.set(name",
  },
  {
    ...plan("masks.ts"),
    name: "masks: candidates",
    what: "a maximum over channels that are classes passes candidates on",
    from: 'const passes = channelwise && liveness(node) !== "maximum";',
    to: "const passes = channelwise;",
  },
  {
    ...plan("compact.ts"),
    name: "compact: readers",
    what: "a value is compact though others than walkers of lists read it",
    from: "network.steps.filter((reader) => writes(reader, step)).length === readers.get(step.output),",
    to: "network.steps.some((reader) => writes(reader, step)),",
  },
  {
    ...plan("compact.ts"),
    name: "compact: shapes",
    what: "a value is compact though it is read in another shape",
    from: "node.inputShapes[0].join() === made.shape.join()",
    to: "made.shape.length > 0",
  },
  {
    ...plan("cotangents.ts"),
    name: "cotangents: second share",
    what: "a cotangent that is passed on writes over what is there",
    from: "else this.copy(source, this.into(name, label).target, name, 1, label);",
    to: "else this.copy(source, this.into(name, label).target, name, 0, label);",
  },
  {
    ...plan("cotangents.ts"),
    name: "cotangents: nested masks",
    what: "a cotangent under another mask is passed on as it is",
    from: "const nested = !own || (!source.mask && !source.candidates);",
    to: "const nested = own !== null;",
  },
  {
    ...plan("layout.ts"),
    name: "layout: lifetimes",
    what: "a temporary is overwritten by the entry that reads it last",
    from: ".filter((p) => p.first <= span.last && span.first <= p.last)",
    to: ".filter((p) => p.first < span.last && span.first < p.last)",
  },
  {
    ...plan("live.ts"),
    name: "live lists: stale",
    what: "the list of another value of the same size is taken",
    from: "`${this.identity(of.mask.values)}/${of.mask.low}/${of.mask.high}/",
    to: "`${of.mask.low}/${of.mask.high}/",
  },
  {
    ...plan("live.ts"),
    name: "live lists: blocks",
    what: "a table of any blocks will do where blocks matter",
    from: "if (anyBlock) for (const [key, table] of this.made)",
    to: "for (const [key, table] of this.made)",
  },
  {
    ...plan("live.ts"),
    name: "live lists: all",
    what: "the list of all channels goes beyond the last",
    from: "(_, b) => entries.address + 4 * Math.min(channels, b * block),",
    to: "(_, b) => entries.address + 4 * b * block,",
  },
];
