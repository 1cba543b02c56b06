import { kernelTime, profileNote, profileTable } from "./profile.js";
import { absentLines, coldTable, failures, refusals, resultTable, scalingLines } from "./report.js";
import type { Report } from "./results.js";
import { peakFor } from "./roofline/peak.js";

/** All that a run found, as tables and lines for a terminal. */
export function printed({ rows, cold, profiles, rooflines, absent }: Report, quick: boolean): string {
  const lines: string[] = [];
  for (const { variant, threads, gflops, bandwidth } of rooflines) {
    const by = variant === "webgpu" ? "" : `, ${threads} thread${threads > 1 ? "s" : ""}`;
    const memory = bandwidth.memory === undefined ? "" : `, memory ${bandwidth.memory.toFixed(0)} GB/s`;
    lines.push(`peak, ${variant}${by}: ${gflops.toFixed(1)} GFLOP/s${memory}`);
  }
  if (rows.length > 0) lines.push("", resultTable(rows));
  lines.push(...failures(rows), ...refusals(rows), ...absentLines(absent));
  const scaling = scalingLines(rows);
  if (scaling.length > 0) lines.push("", ...scaling);
  if (cold.length > 0) lines.push("", coldTable(cold));
  for (const profile of profiles) {
    const peak = peakFor(rooflines, profile.variant, 1);
    lines.push("", `${profile.network}, layer by layer: ${profileNote(profile)}`);
    if (!quick) lines.push(profileTable(profile, peak, false), "");
    lines.push(profileTable(profile, peak, true));
    const [forward, backward] = [kernelTime(profile, "forward"), kernelTime(profile, "backward")];
    lines.push(`forward ${forward.toFixed(3)} ms, backward ${backward.toFixed(3)} ms`);
  }
  return lines.join("\n");
}
