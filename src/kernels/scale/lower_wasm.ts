import { type Step, sizeOf } from "../node.js";
import { type Cotangent, isNested, maskFields } from "../wasm/cotangents.js";
import type { BackwardContext } from "../wasm/lowering.js";
import { Buffer, type Entry, entry, type Field } from "../wasm/tape.js";

/** What becomes of `gy` on its way to `gx`. */
export interface Scaling {
  readonly gy: Field;
  readonly mask: Cotangent["mask"];
  readonly gx: Buffer;
  readonly units: number;
  /** One for each unit, repeated with `period`; undefined: all ones. */
  readonly factor?: Buffer;
  readonly period?: number;
  readonly accumulate: 0 | 1;
}

/** `gx (+)= gy * factor[u mod period]`, 0 at units that are dead under the mask. */
export function scaleEntry(
  lanes: BackwardContext["lanes"],
  label: string,
  { gy, mask, gx, units, factor, period = 1, accumulate }: Scaling,
): Entry {
  return entry(lanes("scale_lanes") as "scale_lanes_4", label, Math.ceil(units / 256), {
    gy,
    ...maskFields(mask),
    gx,
    factor: factor ?? 0,
    period,
    units,
    accumulate,
  });
}

/** `gx (+)= gy * factor[u mod period]`, for operators that scale each unit by itself. */
export function scaleInto(
  step: Step,
  context: BackwardContext,
  factor: Buffer | undefined,
  period: number,
): void {
  const [input] = step.inputs;
  if (!context.varies(input)) return;
  const { target, accumulate } = context.into(input);
  const { buffer: gy, mask } = context.cotangent;
  const units = sizeOf(step.node.shape);
  context.emit(
    scaleEntry(context.lanes, step.node.name, {
      gy,
      mask,
      gx: target.buffer,
      units,
      factor,
      period,
      accumulate,
    }),
  );
}

/**
 * The output's cotangent with zeros at dead units: a copy, if it is masked and dead units do not stay dead on the way to
 * the input.
 */
export function unmasked(step: Step, context: BackwardContext): Buffer {
  const { cotangent, value, mask } = context;
  if (cotangent.zeroed) return cotangent.buffer;
  if (isNested(cotangent.mask, value(step.output), mask(step.inputs[0]))) return cotangent.buffer;
  return defined(step, context);
}

/** The output's cotangent with zeros at dead units: a copy, if it is masked. For operators that mix units. */
export function defined({ node }: Step, { cotangent, stride, emit, lanes }: BackwardContext): Buffer {
  const { buffer: gy, mask, zeroed } = cotangent;
  if (!mask || zeroed) return gy;
  const units = sizeOf(node.shape);
  const gx = new Buffer(4 * stride * units);
  emit(scaleEntry(lanes, node.name, { gy, mask, gx, units, accumulate: 0 }));
  return gx;
}
