import type { Step } from "../../node.js";
import { unmasked } from "../../scale/lower_wasm.js";
import { isNested } from "../../wasm/cotangents.js";
import { type Lowering, NOTHING } from "../../wasm/lowering.js";
import { type Buffer, entry, Place } from "../../wasm/tape.js";
import { type Part, partsOf } from "./parts.js";
import type { Concat } from "./spec.js";

/**
 * Concatenation: rows of each input copied between the rows of the output. Where all inputs share one clamp, or
 * only a max pool reads the output, the cotangents are handed on as they are: what is undefined there is dead
 * in the input as well. Under any other mask, such as that of a sum which the output was added to, they are
 * written out with zeros first.
 */
export const lowering: Lowering<Concat> = {
  forward(step, { emit, value }) {
    for (const part of partsOf(step.node))
      emit(
        entry("copy_rows", step.node.name, Math.ceil(part.rows / 64), {
          x: value(step.inputs[part.index]),
          y: new Place(value(step.output), 4 * part.offset),
          rows: part.rows,
          run: part.run,
          xStep: part.run,
          yStep: part.total,
          accumulate: 0,
        }),
      );
    return NOTHING;
  },
  vjp(step, context) {
    const lanes = context.stride;
    const { mask } = context.sliced;
    let zeroed: Buffer | undefined;
    for (const part of partsOf(step.node)) {
      const input = step.inputs[part.index];
      if (!context.varies(input)) continue;
      const own = context.mask(input);
      const winners = mask?.winners && own?.winners;
      if (winners) context.emit(winnersOf(step, part, mask.values, own.values));
      const nested = !mask || winners || isNested(mask, context.value(step.output), own);
      if (nested && isOfChannels(step) && context.passSlice(input, part.offset)) continue;
      if (!nested) zeroed ??= unmasked(step, context);
      const { target, accumulate } = context.into(input);
      context.emit(
        entry("copy_rows", step.node.name, Math.ceil(part.rows / 64), {
          x: new Place(zeroed && !nested ? zeroed : context.cotangent.buffer, 4 * lanes * part.offset),
          y: target.buffer,
          rows: part.rows,
          run: lanes * part.run,
          xStep: lanes * part.total,
          yStep: lanes * part.run,
          accumulate,
        }),
      );
    }
  },
  splitsWinners: true,
  splitsChannels: isOfChannels,
};

/** Along the last axis a row is a pixel, and a part of it a slice of channels. */
function isOfChannels({ node }: Step<Concat>): boolean {
  return node.axis === node.shape.length - 1;
}

/** What wins in the concatenation wins in its part. */
function winnersOf({ node }: Step<Concat>, part: Part, of: Buffer, to: Buffer) {
  return entry("copy_rows", node.name, Math.ceil(part.rows / 64), {
    x: new Place(of, 4 * part.offset),
    y: to,
    rows: part.rows,
    run: part.run,
    xStep: part.total,
    yStep: part.run,
    accumulate: 0,
  });
}
