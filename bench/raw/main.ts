/** The raw kernels of `unifool/kernels`: loops beside WASM SIMD, the same call on the same arrays, checked, then timed. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import * as loops from "../../src/kernels.js";
import { describeMachine } from "../machine.js";
import { alternate, timed } from "../measure.js";
import { machineText } from "../runtime.js";
import { type Spread, spreadOf } from "../statistics.js";
import { type Column, digits, formatTable, times } from "../table.js";
import { RAW_CASES, type RawCase } from "./cases.js";

interface Row {
  readonly name: string;
  readonly loops: Spread;
  readonly wasm: Spread;
  /** The inputs copied, and nothing else. */
  readonly copy: Spread;
  readonly gigabytes: number;
}

/** Relative difference that is allowed of a result: a last bit of float32. */
const LAST_BIT = 2 ** -23;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    filter: { type: "string" },
    json: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help) {
  console.log(
    "node bench/run.mjs raw [--quick] [--filter REGEXP] [--json FILE]\n" +
      "Rows are named function/shape/norm or count; the shape is images x candidates x values, rows x values, or images x classes.",
  );
  process.exit(0);
}
const schedule = values.quick ? { rounds: 4, turn: 10, budget: 300 } : { rounds: 20, turn: 25, budget: 2000 };
const filter = new RegExp(values.filter ?? "");
const machine = describeMachine();
console.log(`${machineText(machine)}\n`);

const kernels = loops.openKernels();
const rows: Row[] = [];
for (const prepare of RAW_CASES) {
  const found = prepare();
  if (!filter.test(found.name)) continue;
  check(found);
  const source = new Float32Array(found.bytes / 4);
  const target = new Float32Array(Math.min(source.length, 65536));
  const contenders = [
    timed("loops", () => found.call(loops), 200),
    timed("wasm", () => found.call(kernels), 200),
    timed("copy", () => copyInPieces(source, target), 50),
  ];
  const samples = await alternate(contenders, schedule);
  const [byLoops, byWasm, copy] = contenders.map((c) => spreadOf(samples.get(c) as number[]));
  rows.push({
    name: found.name,
    loops: byLoops,
    wasm: byWasm,
    copy,
    gigabytes: found.bytes / byWasm.median / 1e6,
  });
}
kernels.dispose();

const microseconds = (milliseconds: number): string => digits(1000 * milliseconds);
const columns: Column<Row>[] = [
  { title: "function/shape/norm", cell: (r) => r.name, align: "left" },
  { title: "loops us", cell: (r) => microseconds(r.loops.median) },
  { title: "min", cell: (r) => microseconds(r.loops.min) },
  { title: "wasm us", cell: (r) => microseconds(r.wasm.median) },
  { title: "min", cell: (r) => microseconds(r.wasm.min) },
  { title: "faster", cell: (r) => times(r.loops.median / r.wasm.median) },
  { title: "by min", cell: (r) => times(r.loops.min / r.wasm.min) },
  { title: "GB/s", cell: (r) => digits(r.gigabytes) },
  { title: "copy alone us", cell: (r) => microseconds(r.copy.median) },
];
console.log(formatTable(columns, rows));
if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine, rows }, null, 1)}\n`);

/** Throws unless both give the same result, to the last bit of float32. */
function check(found: RawCase): void {
  // Copies, since both write to the same `out`.
  const [expected, actual] = [loops, kernels].map((spelling) =>
    found.call(spelling).map((result) => Array.from(result)),
  );
  for (const [i, result] of expected.entries())
    for (const [j, value] of result.entries())
      if (!(Math.abs(actual[i][j] - value) <= LAST_BIT * Math.abs(value)))
        throw new Error(`${found.name}: result ${i} has ${actual[i][j]} at ${j}, expected ${value}`);
}

function copyInPieces(source: Float32Array, target: Float32Array): void {
  for (let at = 0; at < source.length; at += target.length) {
    const piece = source.subarray(at, at + target.length);
    target.set(piece);
  }
}
