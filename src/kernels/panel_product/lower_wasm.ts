import { stridedEntry } from "../copy_strided/lower_wasm.js";
import type { BackwardContext, Lanes } from "../wasm/lowering.js";
import { Buffer, type Entry, entry, type Field } from "../wasm/tape.js";
import type { Tuning } from "../wasm/tuning.js";
import { PANEL, PANEL_SCRATCH_BYTES } from "./panels.js";

/** Distances between neighbours, in units: from product to product, along the result's rows or columns, along the sum. */
export interface WalkedStrides {
  readonly batch: number;
  readonly outer: number;
  readonly depth: number;
}

/** What `panel_vjp` computes; `g` and `gx` are cotangents, `s` panels of factors. */
export interface PanelProduct {
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly g: WalkedStrides & { readonly at: Field };
  /** One matrix of panels for each product, or for all. */
  readonly s: { readonly at: Field; readonly shared: boolean };
  /** `outer` along rows, `depth` along columns; 0: starts from nothing. */
  readonly gx: WalkedStrides & { readonly at: Field; readonly init: Field };
  /** What each result is multiplied by, one for all its lanes, as `gx` lies. Default: nothing. */
  readonly factor?: Field;
}

/** Emits one call of `panel_vjp`. */
export function panelVjp(
  label: string,
  { batches, rows, columns, depth, g, s, gx, factor = 0 }: PanelProduct,
  { width, stride, emit, scratch, tuning }: BackwardContext,
): void {
  const bytes = (units: number) => 4 * stride * units;
  const block = blockOf(columns, depth, batches * rows, tuning);
  const blocks = Math.ceil(columns / block);
  const macs = width * batches * rows * columns * depth;
  emit(
    entry(
      `panel_vjp_${width as Lanes}`,
      label,
      blocks * batches * rows,
      {
        ...{ g: g.at, s: s.at, gx: gx.at, init: gx.init, factor },
        ...{ rows, columns, block, depth, batches },
        ...{ gBatch: bytes(g.batch), gRow: bytes(g.outer), gDepth: bytes(g.depth) },
        sBatch: s.shared ? 0 : 4 * panelFloats(columns, depth),
        ...{ xBatch: bytes(gx.batch), xRow: bytes(gx.outer), xColumn: bytes(gx.depth) },
        scratch: g.depth === 1 ? 0 : scratch(PANEL_SCRATCH_BYTES),
      },
      { groups: blocks, work: () => ({ dense: macs, live: macs }) },
    ),
  );
}

/** Floats of the panels of a matrix. */
const panelFloats = (columns: number, depth: number): number => Math.ceil(columns / PANEL) * PANEL * depth;

/** Tiles that threads can share evenly. */
const TILES = 16;

/** Columns of a tile: panels that fit a second-level cache, and fewer where there would be too few tiles. */
function blockOf(columns: number, depth: number, rows: number, { vjpBlockBytes }: Tuning): number {
  const panels = Math.ceil(columns / PANEL);
  const fitting = Math.max(1, Math.floor(vjpBlockBytes / (4 * PANEL * depth)));
  const shared = Math.ceil(panels / Math.ceil(TILES / rows));
  return PANEL * Math.min(panels, fitting, shared);
}

/**
 * Emits copies of matrices to panels, for `s[h][q / 16][t][q % 16]`.
 *
 * @param strides of the matrices, in floats: `outer` along q, `depth` along t
 */
export function inPanels(
  label: string,
  x: Buffer,
  { batch, outer, depth: inner }: WalkedStrides,
  [batches, columns, depth]: readonly [batches: number, columns: number, depth: number],
  emit: (e: Entry) => void,
): Buffer {
  const floats = panelFloats(columns, depth);
  const y = new Buffer(4 * batches * floats);
  const whole = Math.floor(columns / PANEL);
  for (const [panels, width, first] of [
    [whole, PANEL, 0],
    [1, columns - PANEL * whole, whole],
  ])
    if (panels > 0 && width > 0) {
      const copy = {
        shape: [batches, panels, depth, width],
        from: [batch, PANEL * outer, inner, outer],
        to: [floats, PANEL * depth, PANEL, 1],
        fromStart: first * PANEL * outer,
        toStart: first * PANEL * depth,
      };
      emit(stridedEntry(label, copy, { x, y, floats: 1, accumulate: 0 }));
    }
  return y;
}
