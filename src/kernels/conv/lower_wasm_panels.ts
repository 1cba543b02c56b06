import type { Step } from "../node.js";
import { panelVjp } from "../panel_product/lower_wasm.js";
import { PANEL } from "../panel_product/panels.js";
import { defined } from "../scale/lower_wasm.js";
import type { BackwardContext, ForwardContext, Kept } from "../wasm/lowering.js";
import type { Buffer } from "../wasm/tape.js";
import { type Geometry, isFlat, rowsOf } from "./geometry.js";
import { startOf } from "./lower_wasm_gradient.js";
import { vjpPacking } from "./packings.js";

/**
 * Whether the vjp of a layer is a plain product of matrices: every pixel by itself, every unit live on either side, as in
 * transformers. Else `conv_vjp` skips what is dead.
 */
export function suitsPanels(step: Step, g: Geometry, { whole }: ForwardContext): boolean {
  return g.groups === 1 && isFlat(g) && whole(step.inputs[0]) && whole(step.output);
}

/** The weights that both the vjp in lanes and that of one cotangent read. */
export function placePanels(g: Geometry, { memory }: ForwardContext): Kept {
  return { panels: memory.place(vjpPacking(g, { first: 0, count: g.filters }, PANEL)) };
}

export function panelsVjp(step: Step, g: Geometry, weights: Buffer, context: BackwardContext): void {
  const cotangent = defined(step, context);
  const [input] = step.inputs;
  const through = context.through(input);
  const { target, residual } = through
    ? { target: through.target, residual: undefined }
    : startOf(input, step.node.name, context);
  panelVjp(
    step.node.name,
    {
      ...{ batches: 1, rows: rowsOf(g).width, columns: g.depth, depth: g.filters },
      g: { at: cotangent, batch: 0, outer: g.filters, depth: 1 },
      s: { at: weights, shared: true },
      gx: { at: target.buffer, batch: 0, outer: g.channels, depth: 1, init: residual ?? 0 },
      factor: through?.factor,
    },
    context,
  );
}
