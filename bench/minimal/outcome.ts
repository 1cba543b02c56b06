import { type Machine, machineText, withRuntime } from "../runtime.js";
import { type Column, formatTable } from "../table.js";

/** What a way to search found on the images of a network. */
export interface Outcome {
  readonly network: string;
  readonly way: string;
  readonly fooled: number;
  readonly images: number;
  readonly median: number;
  readonly mean: number;
  /** Of the norm over DeepFool's: of the medians, the median of the ratios of images, and the largest of these. */
  readonly ofMedians: number;
  readonly medianRatio: number;
  readonly largestRatio: number;
  /** Means, and the median alignment. */
  readonly gradients: number;
  readonly alignment: number;
  readonly seconds: number;
}

export interface Measured {
  readonly machine: Machine;
  readonly outcomes: readonly Outcome[];
}

const SECONDS: Column<Outcome> = { title: "seconds", cell: (o) => o.seconds.toFixed(1) };

/** Markdown: a row a way and network. */
export function tableOf(outcomes: readonly Outcome[], ...more: readonly Column<Outcome>[]): string {
  return formatTable<Outcome>(
    [
      { title: "network", align: "left", cell: ({ network }) => network },
      { title: "method", align: "left", cell: ({ way }) => way },
      { title: "fooled", cell: ({ fooled, images }) => `${fooled} of ${images}` },
      { title: "median", cell: (o) => o.median.toFixed(4) },
      { title: "mean", cell: (o) => o.mean.toFixed(4) },
      { title: "of DeepFool's", cell: (o) => o.ofMedians.toFixed(3) },
      { title: "median ratio", cell: (o) => o.medianRatio.toFixed(3) },
      { title: "largest", cell: (o) => o.largestRatio.toFixed(3) },
      { title: "gradients", cell: (o) => o.gradients.toFixed(0) },
      { title: "alignment", cell: (o) => o.alignment.toFixed(3) },
      ...more,
    ],
    outcomes,
  );
}

/** With seconds, for who knows what else the machine did. */
export function timedTable(outcomes: readonly Outcome[]): string {
  return tableOf(outcomes, SECONDS);
}

/** The table with what it was taken on. */
export function report({ machine, outcomes }: Measured): string {
  return `${tableOf(outcomes)}\n\n${machineText(withRuntime(machine)).replaceAll("\n", "; ")}.`;
}
