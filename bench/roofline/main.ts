/** What this machine can do in WebAssembly, measured with kernels of our own assembler. */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { describeMachine } from "../machine.js";
import { allowRelaxedSimd } from "../relaxed.js";
import { machineText } from "../runtime.js";
import { digits, formatTable } from "../table.js";
import { measureRoofline } from "./measure.js";
import { LEVELS, type Roofline } from "./peak.js";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean" },
    threads: { type: "string", default: availableParallelism() > 1 ? "1,2" : "1" },
    json: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help) {
  console.log("node bench/run.mjs roofline [--quick] [--threads 1,2] [--json FILE]");
  process.exit(0);
}
allowRelaxedSimd();
const machine = describeMachine();
console.log(`${machineText(machine)}\n`);
const rooflines = await measureRoofline({
  variants: ["simd", "relaxed"],
  threads: values.threads.split(",").map(Number),
  window: values.quick ? 40 : 150,
  windows: values.quick ? 3 : 8,
  bandwidth: true,
});
console.log(
  formatTable<Roofline>(
    [
      { title: "variant", cell: (r) => r.variant, align: "left" },
      { title: "threads", cell: (r) => String(r.threads) },
      { title: "multiply-add GFLOP/s", cell: (r) => digits(r.gflops) },
      ...LEVELS.map(({ level, kilobytes }) => ({
        title: `${level} GB/s (${kilobytes < 1024 ? `${kilobytes} KB` : `${kilobytes / 1024} MB`})`,
        cell: (r: Roofline) => digits(r.bandwidth[level]),
      })),
    ],
    rooflines,
  ),
);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine, rooflines }, null, 1)}\n`);
