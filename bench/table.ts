/** Text tables: Markdown that is aligned, so that it reads well in a terminal and in a document. */

/** A column: its heading, and the text of a row's cell. Numbers go to the right. */
export interface Column<R> {
  readonly title: string;
  readonly cell: (row: R) => string;
  readonly align?: "left" | "right";
}

/** A Markdown table with padded cells. Columns that are empty in every row are left out. */
export function formatTable<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  const filled = columns
    .map((column) => ({ ...column, cells: rows.map(column.cell) }))
    .filter((column) => column.cells.some((cell) => cell !== ""));
  const widths = filled.map(({ title, cells }) => Math.max(3, title.length, ...cells.map((c) => c.length)));
  const pad = (text: string, i: number): string =>
    filled[i].align === "left" ? text.padEnd(widths[i]) : text.padStart(widths[i]);
  const line = (cells: readonly string[]): string => `| ${cells.map(pad).join(" | ")} |`;
  const rule = filled.map(({ align }, i) =>
    align === "left" ? "-".repeat(widths[i]) : `${"-".repeat(widths[i] - 1)}:`,
  );
  return [
    line(filled.map((c) => c.title)),
    line(rule),
    ...rows.map((_, r) => line(filled.map((c) => c.cells[r]))),
  ].join("\n");
}

/** Three significant digits, without an exponent: "0.0123", "4.56", "789", "12345". Empty for undefined. */
export function digits(value: number | undefined, significant = 3): string {
  if (value === undefined) return "";
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const decimals = Math.max(0, significant - 1 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(decimals, 9));
}

/** A share as whole percent: 0.457 is "46%". */
export function percent(share: number | undefined): string {
  return share === undefined ? "" : `${(100 * share).toFixed(0)}%`;
}

/** A speedup: 5.31 is "5.31x". */
export function times(ratio: number | undefined): string {
  return ratio === undefined ? "" : `${digits(ratio)}x`;
}
