import {
  type AnyOperator,
  type Clamp,
  type Node,
  type Shape,
  type Step,
  sizeOf,
  UNCLAMPED,
} from "../node.js";
import { placeRows } from "../pixel_map/lower_wasm.js";
import { type CompressedRows, compressedRows } from "../pixel_map/pixel_map.js";
import { defined, scaleEntry } from "../scale/lower_wasm.js";
import { broadcastOffsets } from "../strided.js";
import type { BackwardContext, ForwardContext, Lowering } from "../wasm/lowering.js";
import { Buffer, entry, f32, type KernelName } from "../wasm/tape.js";
import type { Factor } from "./factor.js";
import { REPEATED_UNITS } from "./wasm_tile.js";

export interface PairKernel<O extends AnyOperator> {
  readonly kernel: Extract<KernelName, `arithmetic_${string}`>;
  /** Of the first and of the second operand. */
  readonly factors: readonly [Factor, Factor];
  /** Emits what computes the factors that are "kept", `factor0` and `factor1`, of the operands in full. */
  readonly keep?: (
    step: Step<O>,
    operands: readonly [Buffer, Buffer],
    context: ForwardContext,
  ) => Readonly<Record<"factor0" | "factor1", Buffer>>;
}

export interface PairLowering<O extends AnyOperator> extends Lowering<O> {
  readonly pair: PairKernel<O>;
}

/**
 * Arithmetic of pairs of operands (`fuse` splits longer chains). An operand that is repeated is first written out in full;
 * its cotangent is the sum over the repetitions, a sparse matrix of ones.
 */
export function pairs<O extends AnyOperator>(of: PairKernel<O>): PairLowering<O> {
  return {
    pair: of,
    forward(step, context) {
      const { memory, emit, value, varies } = context;
      const { node } = step;
      const units = sizeOf(node.shape);
      const kept: Record<string, Buffer> = {};
      const operands = step.inputs.map((name, i): Operand => {
        const shape = node.inputShapes[i];
        if (sizeOf(shape) === units) return { in: value(name) };
        if (repeatsRows(of, node, i)) {
          const factor = of.factors[i];
          if (varies(name) && factor !== "other operand")
            kept[`same${i}`] = memory.place(new Float32Array(sizeOf(shape)).fill(factor === "one" ? 1 : -1));
          return { in: value(name), repeated: sizeOf(shape) };
        }
        if (sizeOf(shape) === 1 && !of.keep && !varies(name)) return { in: value(name), single: true };
        const index = broadcastOffsets(shape, node.shape);
        const full = memory.reserve(4 * units + 16);
        kept[`full${i}`] = full;
        emit(
          entry("gather_units", node.name, Math.ceil(units / 256), {
            x: value(name),
            y: full,
            index: memory.place(index),
            units,
            run: 1,
            accumulate: 0,
          }),
        );
        if (varies(name))
          for (const [key, buffer] of Object.entries(placeRows(repetitionRows(index, shape), memory)))
            kept[key + i] = buffer;
        return { in: full };
      });
      emitPair(of.kernel, step.node, operands[0], operands[1], value(step.output), context, step.clamp);
      of.factors.forEach((factor, i) => {
        if (factor === "minus one" && varies(step.inputs[i])) kept.minus = memory.place(Float32Array.of(-1));
      });
      if (of.keep && step.inputs.some(varies))
        Object.assign(kept, of.keep(step, [operands[0].in, operands[1].in], context));
      return kept;
    },

    vjp(step, context) {
      step.inputs.forEach((name, i) => {
        if (context.varies(name)) shareOf(step, i, of, context);
      });
    },
  };
}

/** Where an operand lies: as large as the output, one value for all of it, or so many that are repeated along rows. */
export interface Operand {
  readonly in: Buffer;
  readonly single?: true;
  readonly repeated?: number;
}

/**
 * Whether an operand is repeated as a whole, as `[C]` is along the pixels of `[H, W, C]`, and its kernels take it as it lies.
 */
function repeatsRows(
  { keep }: Pick<PairKernel<never>, "keep">,
  { shape, inputShapes }: Node,
  i: number,
): boolean {
  const own = inputShapes[i].slice(inputShapes[i].findIndex((n) => n > 1));
  const fits = own.every((n, axis) => n === shape[shape.length - own.length + axis]);
  return !keep && fits && sizeOf(inputShapes[i]) > 1 && sizeOf(own) < sizeOf(shape);
}

/** `y = clamp(a op b)`, y as large as the node's output. */
export function emitPair(
  kernel: PairKernel<AnyOperator>["kernel"],
  node: Node,
  a: Operand,
  b: Operand,
  y: Buffer,
  { emit }: Pick<ForwardContext, "emit">,
  { low, high }: Clamp = UNCLAMPED,
): void {
  const inner = a.repeated ?? b.repeated ?? node.shape[node.shape.length - 1];
  const outer = sizeOf(node.shape) / inner;
  emit(
    entry(kernel, node.name, Math.ceil(outer / 64), {
      a: a.in,
      b: b.in,
      y,
      outer,
      inner,
      aOuterStride: a.single || a.repeated ? 0 : inner,
      bOuterStride: b.single || b.repeated ? 0 : inner,
      aInnerStride: a.single ? 0 : 1,
      bInnerStride: b.single ? 0 : 1,
      low: f32(low),
      high: f32(high),
    }),
  );
}

/** For each value of an operand the units of the output that it is repeated at. */
function repetitionRows(index: Int32Array, shape: Shape): CompressedRows {
  return compressedRows(sizeOf(shape), (visit) => {
    index.forEach((to, from) => {
      visit(to, from, 1);
    });
  });
}

/** Adds the step's share to the cotangent of operand i. */
function shareOf(
  step: Step,
  i: number,
  of: Pick<PairKernel<never>, "keep" | "factors">,
  context: BackwardContext,
): void {
  const { node, inputs } = step;
  const { cotangent, emit, kept, lanes, stride } = context;
  const kind = of.factors[i];
  const units = sizeOf(node.shape);
  const factors = {
    one: undefined,
    "minus one": kept.minus,
    "other operand": kept[`full${1 - i}`] ?? context.value(inputs[1 - i]),
    kept: kept[`factor${i}`],
  };
  const factor = factors[kind];
  if (repeatsRows(of, node, i)) {
    const gy = defined(step, context);
    const { target, accumulate } = context.into(inputs[i]);
    const inner = sizeOf(node.inputShapes[i]);
    emit(
      entry(lanes("sum_repeated") as "sum_repeated_4", node.name, Math.ceil(inner / REPEATED_UNITS), {
        gy,
        factor: kept[`same${i}`] ?? factor,
        gx: target.buffer,
        ...{ factorRow: kept[`same${i}`] ? 0 : 4 * inner, rows: units / inner, inner },
        accumulate,
      }),
    );
    return;
  }
  const whole = !kept[`full${i}`];
  if (whole && !factor) {
    context.pass(inputs[i]);
    return;
  }
  const { target, accumulate } = context.into(inputs[i]);
  const product = whole ? target.buffer : new Buffer(4 * stride * units);
  const period = {
    one: 1,
    "minus one": 1,
    "other operand": kept[`full${1 - i}`] ? units : sizeOf(node.inputShapes[1 - i]),
    kept: units,
  };
  emit(
    scaleEntry(lanes, node.name, {
      gy: cotangent.buffer,
      mask: cotangent.mask,
      gx: product,
      factor,
      period: period[kind],
      units,
      accumulate: whole ? accumulate : 0,
    }),
  );
  if (whole) return;
  const run = stride;
  emit(
    entry("pixel_map", node.name, sizeOf(node.inputShapes[i]), {
      x: product,
      y: target.buffer,
      starts: kept[`starts${i}`],
      columns: kept[`columns${i}`],
      factors: kept[`factors${i}`],
      run,
      xStep: run,
      yStep: run,
      accumulate,
    }),
  );
}
