import { digits } from "../table.js";
import type { CaseRows, Entry } from "./runs.js";

/** In pixels. */
const [WIDTH, BAR, GAP, HEADING] = [760, 16, 4, 26];
const PLOT = { left: 210, right: 70, top: 16, bottom: 42 };
/** Readable on white and on black, and apart for who sees no red or green. */
const COLOURS: Readonly<Record<string, string>> = {
  wasm: "#d55e00",
  webgpu: "#e69f00",
  tfjs: "#0072b2",
  onnxruntime: "#009e73",
  torch: "#cc79a7",
  foolbox: "#cc79a7",
  reference: "#8c8c8c",
};

/**
 * Times of one case as bars on a logarithmic scale, by run: a bar ends at the median, its tick is the fastest call. What ran on
 * a software adapter is pale.
 */
export function caseChart({ name, entries }: CaseRows): string {
  const timed = entries.filter((e): e is Entry & Required<Pick<Entry, "times">> => e.times !== undefined);
  const least = Math.min(...timed.map((e) => e.times.fastest));
  const most = Math.max(...timed.map((e) => e.times.median));
  const [first, last] = [
    Math.floor(Math.log10(least)),
    Math.max(Math.ceil(Math.log10(most)), Math.floor(Math.log10(least)) + 1),
  ];
  const x = (milliseconds: number): number =>
    PLOT.left + ((Math.log10(milliseconds) - first) / (last - first)) * (WIDTH - PLOT.left - PLOT.right);
  const parts: string[] = [];
  let y = PLOT.top;
  let run: Entry["run"] | undefined;
  for (const { times, ...entry } of timed) {
    if (entry.run !== run) {
      ({ run } = entry);
      parts.push(text(8, y + 18, run.name, 'class="run"'));
      y += HEADING;
    }
    const { engine, variant } = entry.row;
    const colour = COLOURS[engine] ?? "#8c8c8c";
    const [start, end, tick] = [x(10 ** first), x(times.median), x(times.fastest)].map((n) => n.toFixed(1));
    parts.push(
      text(
        PLOT.left - 8,
        y + 12,
        entry.software ? `${engine} ${variant}, software` : `${engine} ${variant}`,
        'text-anchor="end"',
      ),
      `<rect x="${start}" y="${y}" width="${(Number(end) - Number(start)).toFixed(1)}" height="${BAR}" fill="${colour}"${entry.software ? ' fill-opacity=".4"' : ""}/>`,
      `<path d="M${tick} ${y - 1}v${BAR + 2}" class="fastest"/>`,
      text(Number(end) + 6, y + 12, digits(times.median), ""),
    );
    y += BAR + GAP;
  }
  const bottom = y + 4;
  const grid = Array.from({ length: last - first + 1 }, (_, i) => {
    const at = x(10 ** (first + i)).toFixed(1);
    return `<path d="M${at} ${PLOT.top}V${bottom}" class="grid"/>${text(Number(at), bottom + 16, digits(10 ** (first + i), 1), 'text-anchor="middle"')}`;
  });
  const height = bottom + PLOT.bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(name)}: milliseconds an image, less is better</title>`,
    "<style>text{font:12px sans-serif;fill:#808080}.run{font-weight:bold}.grid{stroke:#808080;stroke-opacity:.3}.fastest{stroke:#000;stroke-opacity:.7;stroke-width:2}</style>",
    ...grid,
    ...parts,
    text(
      (PLOT.left + WIDTH - PLOT.right) / 2,
      height - 8,
      "milliseconds an image: the bar ends at the median, the tick is the fastest call",
      'text-anchor="middle"',
    ),
    "</svg>",
    "",
  ].join("\n");
}

function text(x: number, y: number, content: string, more: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more && ` ${more}`}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
