import { type Machine, machineText, withRuntime } from "../runtime.js";
import { type Column, formatTable } from "../table.js";

/** What one run's last v does to images that it was not made from. */
export interface GoalOutcome {
  readonly network: string;
  readonly seed: number;
  /** A class for all images; without it none, and no images to craft on either. */
  readonly target?: { readonly index: number; readonly name: string };
  /** On the images that v was made from; of data-free runs there are none. */
  readonly crafting?: number;
  readonly heldOut: number;
  /** Of random signs as large. */
  readonly baseline: number;
  /** Held-out images that count. */
  readonly counted: number;
}

export interface MeasuredGoals {
  readonly machine: Machine;
  readonly targeted: readonly GoalOutcome[];
  readonly dataFree: readonly GoalOutcome[];
}

/** Runs that differ by their seed. */
type Runs = readonly GoalOutcome[];

const mean = (runs: Runs, of: (run: GoalOutcome) => number): number =>
  runs.reduce((sum, run) => sum + of(run), 0) / runs.length;

const HELD_OUT: readonly Column<Runs>[] = [
  { title: "held out", cell: (runs) => mean(runs, ({ heldOut }) => heldOut).toFixed(3) },
  { title: "least", cell: (runs) => Math.min(...runs.map(({ heldOut }) => heldOut)).toFixed(3) },
  { title: "random signs", cell: (runs) => mean(runs, ({ baseline }) => baseline).toFixed(3) },
  { title: "images", cell: ([{ counted }]) => String(counted) },
];

/** Markdown: a row a class, then a row a network without images; means over the seeds, and the least. */
export function report({ machine, targeted, dataFree }: MeasuredGoals): string {
  const classes = formatTable<Runs>(
    [
      { title: "target", align: "left", cell: ([{ target }]) => target?.name ?? "" },
      { title: "crafting", cell: (runs) => mean(runs, ({ crafting = Number.NaN }) => crafting).toFixed(3) },
      ...HELD_OUT,
    ],
    grouped(targeted, ({ target }) => target?.name ?? ""),
  );
  const networks = formatTable<Runs>(
    [
      { title: "network, without images", align: "left", cell: ([{ network }]) => network },
      { title: "seeds", cell: (runs) => String(runs.length) },
      ...HELD_OUT,
    ],
    grouped(dataFree, ({ network }) => network),
  );
  return `${classes}\n\n${networks}\n\n${machineText(withRuntime(machine)).replaceAll("\n", "; ")}.`;
}

function grouped(outcomes: readonly GoalOutcome[], key: (outcome: GoalOutcome) => string): Runs[] {
  const groups = new Map<string, GoalOutcome[]>();
  for (const outcome of outcomes) groups.set(key(outcome), [...(groups.get(key(outcome)) ?? []), outcome]);
  return [...groups.values()];
}
