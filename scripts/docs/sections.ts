import { resultsDocument } from "../../bench/across/document.js";
import { defaultFiles, readRuns } from "../../bench/across/read.js";
import { goalsTable } from "./goals_table.js";
import { minimalTable } from "./minimal_table.js";
import { operatorTable } from "./operator_table.js";
import { rateChart, rateTable } from "./rate_chart.js";
import { resultTables, speedTable } from "./speed_tables.js";

/** A part of a document that is made, between `<!-- name -->` and `<!-- /name -->`. */
export interface Section {
  readonly file: string;
  readonly name: string;
  readonly make: () => string;
}

export const SECTIONS: readonly Section[] = [
  { file: "README.md", name: "operators", make: operatorTable },
  { file: "README.md", name: "speed", make: speedTable },
  { file: "bench/README.md", name: "results", make: resultTables },
  { file: "bench/README.md", name: "goals", make: goalsTable },
  { file: "bench/README.md", name: "minimal", make: minimalTable },
  { file: "bench/README.md", name: "rates", make: rateTable },
];

/** Pictures, and whole documents, that are made. */
export const DRAWINGS: readonly Pick<Section, "file" | "make">[] = [
  { file: "docs/time-to-rate.svg", make: rateChart },
  ...acrossRuntimes(),
];

/** The document of the results that are kept, and its charts. */
function acrossRuntimes(): Pick<Section, "file" | "make">[] {
  const drawn = resultsDocument(readRuns(defaultFiles()));
  return Object.entries(drawn).map(([path, text]) => ({ file: `bench/${path}`, make: () => text }));
}

/** @throws Error where the document has no such section */
export function withSection(text: string, { file, name }: Section, content: string): string {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no section ${start.trim()} ... ${end}`);
  return `${text.slice(0, from + start.length)}\n${content}\n\n${text.slice(to)}`;
}
