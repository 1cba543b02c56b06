import { readFileSync } from "node:fs";
import type { Point } from "../../bench/rates/contenders.js";
import { LEVELS, timeTo } from "../../bench/rates/time_to.js";

const FILE = "bench/rates/results.json";

interface RateReport {
  readonly machine: { readonly cpu: string; readonly node: string };
  readonly variant: string;
  readonly threads: number;
  readonly date: string;
  readonly points: readonly Point[];
}

const read = (): RateReport => JSON.parse(readFileSync(FILE, "utf8"));

/** Seconds to a rate, by contender, as `npm run bench:rates -- --json bench/rates/results.json` found them. */
export function rateTable(): string {
  const { machine, variant, date, points } = read();
  const names = [...new Set(points.map(({ contender }) => contender))];
  const rows = names.map((name) => [
    name,
    ...LEVELS.map((level) => timeTo(points, name, level)?.toFixed(1) ?? ""),
  ]);
  return [
    `| seconds to | ${LEVELS.map((level) => `${100 * level} %`).join(" | ")} |`,
    `| --- | ${LEVELS.map(() => "---:").join(" | ")} |`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    "",
    `${machine.cpu}, Node ${machine.node}, ${variant}, ${date.slice(0, 10)}.`,
  ].join("\n");
}

/** Of the drawing, in pixels; the plot's own area inside. */
const [WIDTH, HEIGHT] = [720, 400];
const PLOT = { left: 56, right: 190, top: 20, bottom: 48 };
const RATES = { low: 0.4, high: 0.95 };
const TICKS = [0.3, 1, 3, 10, 30, 100];
/** Readable on white and on black, and apart for who sees no red or green. */
const COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8c8c8c"];

/** Held-out fooling rate against seconds of crafting, a line for each contender through the means over seeds. */
export function rateChart(): string {
  const { points } = read();
  const [first, last] = [TICKS[0], TICKS[TICKS.length - 1]];
  const x = (seconds: number): number => {
    const share = Math.log(Math.max(seconds, first) / first) / Math.log(last / first);
    return PLOT.left + share * (WIDTH - PLOT.left - PLOT.right);
  };
  const y = (rate: number): number => {
    const share = (rate - RATES.low) / (RATES.high - RATES.low);
    return HEIGHT - PLOT.bottom - Math.max(0, share) * (HEIGHT - PLOT.top - PLOT.bottom);
  };
  const [bottom, right] = [HEIGHT - PLOT.bottom, WIDTH - PLOT.right];
  const text = (at: readonly [number, number], content: string, more = ""): string =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" ${more.includes("fill=") ? more : `${more} fill="#808080"`}>${content}</text>`;
  const grid = [
    ...TICKS.map(
      (t) =>
        `<path class="grid" d="M${x(t).toFixed(1)} ${PLOT.top}V${bottom}"/>${text([x(t), bottom + 18], String(t), 'text-anchor="middle"')}`,
    ),
    ...[0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map(
      (r) =>
        `<path class="grid" d="M${PLOT.left} ${y(r).toFixed(1)}H${right}"/>${text([PLOT.left - 8, y(r) + 4], `${100 * r} %`, 'text-anchor="end"')}`,
    ),
  ];
  const names = [...new Set(points.map(({ contender }) => contender))];
  const ends: number[] = [];
  const lines = names.map((name, i) => {
    const means = meansOf(points.filter(({ contender }) => contender === name));
    const colour = COLOURS[i % COLOURS.length];
    const at = means.map(({ seconds, heldOut }) => `${x(seconds).toFixed(1)} ${y(heldOut).toFixed(1)}`);
    // Names stand beside the ends of their lines, none on another.
    let label = y(means[means.length - 1].heldOut) + 4;
    while (ends.some((end) => Math.abs(end - label) < 15)) label += 3;
    ends.push(label);
    const dots = at.map(
      (point) => `<circle cx="${point.split(" ")[0]}" cy="${point.split(" ")[1]}" r="2.5" fill="${colour}"/>`,
    );
    return `<path d="M${at.join("L")}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join("")}${text([right + 8, label], name, `fill="${colour}"`)}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    "<title>Fooling rate of images that were not crafted on, against seconds of crafting</title>",
    "<style>text{font:13px sans-serif}.grid{stroke:#808080;stroke-opacity:.3}</style>",
    ...grid,
    ...lines,
    text([(PLOT.left + right) / 2, HEIGHT - 8], "seconds of crafting", 'text-anchor="middle"'),
    "</svg>",
    "",
  ].join("\n");
}

/** Mean seconds and rates over seeds, by passes. */
function meansOf(points: readonly Point[]): { seconds: number; heldOut: number }[] {
  const passes = [...new Set(points.map((point) => point.passes))].sort((a, b) => a - b);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return passes.map((count) => {
    const own = points.filter((point) => point.passes === count);
    return {
      seconds: mean(own.map(({ seconds }) => seconds)),
      heldOut: mean(own.map(({ heldOut }) => heldOut)),
    };
  });
}
