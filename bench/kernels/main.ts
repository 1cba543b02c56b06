/** The convolution kernels alone, every tile at the shapes of real layers: checked, timed, beside the peak. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { convForward } from "../../src/kernels/conv/wasm_forward.js";
import { convVjp } from "../../src/kernels/conv/wasm_vjp.js";
import type { KernelSource } from "../../src/kernels/wasm/assembler.js";
import type { WasmVariant } from "../contenders/wasm.js";
import { describeMachine } from "../machine.js";
import { timed } from "../measure.js";
import { allowRelaxedSimd } from "../relaxed.js";
import { measureRoofline } from "../roofline/measure.js";
import { assembleKernels, Instance } from "../roofline/module.js";
import { peakFor } from "../roofline/peak.js";
import { machineText } from "../runtime.js";
import { CONV_SHAPES, type ConvShape, shapeName } from "../shapes.js";
import { type Spread, spreadOf } from "../statistics.js";
import { type Column, digits, formatTable, percent } from "../table.js";
import { forwardCall, type KernelCall, vjpCall } from "./layer.js";

const FORWARD_TILES = [
  { pixels: 2, vectors: 4 },
  { pixels: 3, vectors: 3 },
  { pixels: 4, vectors: 2 },
  { pixels: 1, vectors: 2 },
] as const;
/** No units: what the kernel picks by itself. */
const VJP_TILES = [
  { lanes: 4, units: undefined },
  { lanes: 8, units: undefined },
  { lanes: 10, units: undefined },
  { lanes: 12, units: undefined },
  { lanes: 10, units: 2 },
  { lanes: 10, units: 4 },
  { lanes: 12, units: 2 },
  { lanes: 12, units: 3 },
  { lanes: 12, units: 4 },
] as const;

interface KernelRow {
  readonly name: string;
  readonly network: string;
  readonly time?: Spread;
  readonly gflops?: number;
  readonly roofline?: number;
  readonly wrong?: string;
}

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    filter: { type: "string" },
    milliseconds: { type: "string" },
    json: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help) {
  console.log(
    "node bench/run.mjs kernels [--quick] [--filter REGEXP] [--milliseconds 100] [--json FILE]\n" +
      "Rows are named kernel/shape/variant; the shape is taps_heightxwidthxchannels-filters.",
  );
  process.exit(0);
}
const milliseconds = Number(values.milliseconds ?? (values.quick ? 20 : 100));
const filter = new RegExp(values.filter ?? "");
const shapes = values.quick ? CONV_SHAPES.filter((s) => s.network === "resnet20") : CONV_SHAPES;

allowRelaxedSimd();
const machine = describeMachine();
console.log(`${machineText(machine)}\n`);
const variants: WasmVariant[] = ["simd", "relaxed"];
const rooflines = await measureRoofline({ variants, threads: [1], window: 40, windows: 3, bandwidth: false });
const rows: KernelRow[] = [];
for (const variant of variants) {
  const forwards = FORWARD_TILES.map((tile) => ({ tile, source: convForward(tile) }));
  const vjps = VJP_TILES.map((tile) => ({ tile, source: convVjp(tile) }));
  const sources = [...forwards, ...vjps].map((k) => k.source);
  const instance = new Instance(assembleKernels(sources, { relaxed: variant === "relaxed" }), 1024);
  for (const shape of shapes) {
    for (const { tile, source } of forwards)
      await measure(source, shape, variant, () => forwardCall(instance, source, tile, shape));
    for (const { tile, source } of vjps)
      await measure(source, shape, variant, () => vjpCall(instance, source, tile.lanes, shape));
  }
}
const columns: Column<KernelRow>[] = [
  { title: "kernel/shape/variant", cell: (r) => r.name, align: "left" },
  { title: "network", cell: (r) => r.network, align: "left" },
  { title: "ms", cell: (r) => (r.wrong ? "WRONG" : digits(r.time?.median)) },
  { title: "min", cell: (r) => digits(r.time?.min) },
  { title: "GFLOP/s", cell: (r) => digits(r.gflops) },
  { title: "of peak", cell: (r) => percent(r.roofline) },
];
for (const { variant, gflops } of rooflines)
  console.log(`peak, ${variant}, 1 thread: ${gflops.toFixed(1)} GFLOP/s`);
console.log(`\n${formatTable(columns, rows)}`);
for (const { name, wrong } of rows) if (wrong) console.log(`WRONG, not timed: ${name}: ${wrong}`);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine, rooflines, rows }, null, 1)}\n`);
process.exitCode = rows.some((r) => r.wrong) ? 1 : 0;

async function measure(
  source: KernelSource,
  shape: ConvShape,
  variant: WasmVariant,
  prepare: () => KernelCall,
): Promise<void> {
  const name = `${source.name}/${shapeName(shape)}/${variant}`;
  if (!filter.test(name)) return;
  const { run, macs, error, bound } = prepare();
  const row = { name, network: shape.network };
  if (!(error <= bound)) {
    rows.push({ ...row, wrong: `error ${error}, expected at most ${bound}` });
    return;
  }
  // The first half of the time is for the optimising compiler.
  const timing = timed(name, run, 0);
  await timing.sample(milliseconds / 2);
  const time = spreadOf(await timing.sample(milliseconds));
  const gflops = (2 * macs) / time.median / 1e6;
  rows.push({ ...row, time, gflops, roofline: gflops / (peakFor(rooflines, variant, 1) ?? Number.NaN) });
}
