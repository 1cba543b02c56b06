import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { duration, percent } from "../state/format.js";
import { baseline, points, ran } from "../state/run_state.js";

const HEIGHT = 220;

/** Fooling rate over time, against a random perturbation. */
export function RateChart() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current as HTMLDivElement;
    let plot = draw(element);
    const follow = effect(() => plot.setData(data()));
    const redraw = () => {
      plot.destroy();
      plot = draw(element);
    };
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", redraw);
    return () => {
      follow();
      resized.disconnect();
      scheme.removeEventListener("change", redraw);
      plot.destroy();
    };
  }, []);
  return (
    <figure class="chart">
      <figcaption>
        <span class="key solid">
          {ran.value?.targetName ? `taken for ${ran.value.targetName}` : "fooled by v"}
        </span>
        {baseline.value && (
          <span class="key dashes">by random noise of that size: {percent(baseline.value.rate)}</span>
        )}
      </figcaption>
      <div ref={place} role="img" aria-label={summary()} />
    </figure>
  );
}

function summary(): string {
  const name = ran.value?.targetName ? `Share taken for ${ran.value.targetName}` : "Fooling rate";
  const last = points.value.at(-1);
  const random = baseline.value ? `, by random noise ${percent(baseline.value.rate)}` : "";
  return last
    ? `${name} over time: ${percent(last.rate)} after ${duration(last.seconds)}${random}.`
    : `${name} over time: nothing measured yet.`;
}

function data(): uPlot.AlignedData {
  const seconds = points.value.map((point) => point.seconds);
  const random = baseline.value?.rate ?? null;
  return [seconds, points.value.map(({ rate }) => rate), seconds.map(() => random)];
}

/** A line needs two points; the first by itself is a dot. */
const alone = ({ data: [seconds] }: uPlot): boolean => seconds.length === 1;

function draw(element: HTMLDivElement): uPlot {
  const style = getComputedStyle(element);
  // A canvas knows neither variables nor light-dark(), but a colour that is in use is worked out.
  const colour = (name: string) => {
    element.style.color = `var(${name})`;
    const found = style.color;
    element.style.color = "";
    return found;
  };
  const axis = {
    stroke: colour("--quiet"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  return new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 12, 0, 0],
      scales: {
        // Not what uPlot proposes, which is twice as much where there is one point.
        x: { time: false, range: () => [0, Math.max(1, points.value.at(-1)?.seconds ?? 1)] },
        y: { range: [0, 1] },
      },
      axes: [
        { ...axis, size: 28, grid: { show: false }, values: (_, ticks) => ticks.map((t) => `${t} s`) },
        {
          ...axis,
          size: 48,
          splits: () => [0, 0.25, 0.5, 0.75, 1],
          values: (_, ticks) => ticks.map((t) => percent(t)),
        },
      ],
      series: [
        {},
        { stroke: colour("--accent"), fill: colour("--tint"), width: 2, points: { show: alone } },
        { stroke: colour("--quiet"), width: 1.5, dash: [5, 4], points: { show: false } },
      ],
    },
    data(),
    element,
  );
}
