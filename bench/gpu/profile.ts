/**
 * Dispatch by dispatch, what a Jacobian costs on the GPU, by the device's own clock:
 *
 *   node bench/run.mjs gpu_profile [--cases resnet20/64/10,resnet20/1/10] [--repeats 5] [--json FILE]
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createWebgpuEngine } from "../../src/engines/webgpu/engine.js";
import type { DispatchTime } from "../../src/engines/webgpu/profile.js";
import { sizeOf } from "../../src/network/spec.js";
import { openGpu } from "../../test/support/webgpu.js";
import { sources } from "../node_files.js";
import { digits, formatTable } from "../table.js";

const { values: given } = parseArgs({
  options: {
    cases: { type: "string", default: "resnet20/64/10,resnet20/1/10,squeezenet/16/10,mobilenetv2/16/10" },
    repeats: { type: "string", default: "5" },
    layers: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
process.env.UNIFOOL_GPU ??= "real";
const gpu = await openGpu();
const report: Record<string, DispatchTime[]> = {};
for (const name of given.cases.split(",")) {
  const [network, batch, classes] = name.split("/");
  const source = sources.find((s) => s.name === network);
  if (!source || !(await source.available()))
    throw new Error(`gpu_profile: --cases has ${network}, which is not on this machine`);
  const bench = await source.load(Number(batch));
  using engine = await createWebgpuEngine(bench.network, bench.input, { gpu });
  const images = bench.images.values.subarray(0, Number(batch) * sizeOf(bench.network.input.shape));
  const times = await engine.profile(images, { classes: Number(classes), repeats: Number(given.repeats) });
  report[name] = times;
  print(name, given.layers ? times : byKernel(times));
}
if (given.json) writeFileSync(given.json, `${JSON.stringify(report)}\n`);
process.exit();

function byKernel(times: readonly DispatchTime[]): DispatchTime[] {
  const merged = new Map<string, DispatchTime>();
  for (const t of times) {
    const key = `${t.phase} ${t.kernel}`;
    const sum = merged.get(key);
    merged.set(key, {
      ...t,
      layer: `${(Number(sum?.layer.split(" ")[0]) || 0) + 1} dispatches`,
      milliseconds: t.milliseconds + (sum?.milliseconds ?? 0),
      macs: t.macs + (sum?.macs ?? 0),
      groups: t.groups + (sum?.groups ?? 0),
    });
  }
  return [...merged.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

function print(name: string, rows: readonly DispatchTime[]): void {
  const total = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  console.log(`\n${name}: ${total.toFixed(3)} ms in all dispatches`);
  console.log(
    formatTable<DispatchTime>(
      [
        { title: "phase", cell: (t) => t.phase, align: "left" },
        { title: "layer", cell: (t) => t.layer, align: "left" },
        { title: "kernel", cell: (t) => t.kernel, align: "left" },
        { title: "groups", cell: (t) => String(t.groups) },
        { title: "us", cell: (t) => (1000 * t.milliseconds).toFixed(1) },
        { title: "of time", cell: (t) => `${((100 * t.milliseconds) / total).toFixed(1)}%` },
        { title: "GFLOP/s", cell: (t) => (t.macs > 0 ? digits((2 * t.macs) / t.milliseconds / 1e6) : "") },
      ],
      rows,
    ),
  );
}
