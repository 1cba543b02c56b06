import { gathered } from "../gather/lower_wasm.js";
import { type AnyOperator, type Node, type Step, sizeOf } from "../node.js";
import { unmasked } from "../scale/lower_wasm.js";
import { stridedOffsets } from "../strided.js";
import type { BackwardContext, Lowering } from "../wasm/lowering.js";
import { type Buffer, type Entry, entry } from "../wasm/tape.js";
import type { StridedCopy } from "./axes.js";
import { isStrided, stridedEntry } from "./lower_wasm.js";

/**
 * The lowering of an operator whose output is its input walked with strides, no value twice: the vjp walks it the other way.
 * What has more axes than the kernel, once they are joined, is gathered by an index of every unit.
 *
 * @param copyOf from the input to the output, which has no gaps
 */
export function strided<O extends AnyOperator>(copyOf: (node: Node<O>) => StridedCopy): Lowering<O> {
  const byIndex = gathered<O>((node) => {
    const { shape, from, fromStart } = copyOf(node);
    return stridedOffsets(shape, from, fromStart);
  });
  return {
    forward(step, context) {
      const copy = copyOf(step.node);
      if (!isStrided(copy)) return byIndex.forward(step, context);
      const [x, y] = [context.value(step.inputs[0]), context.value(step.output)];
      context.emit(stridedEntry(step.node.name, copy, { x, y, floats: 1, accumulate: 0 }));
      return { zeros: context.zeros };
    },
    vjp(step, context) {
      const copy = copyOf(step.node);
      if (!isStrided(copy)) byIndex.vjp(step, context);
      else if (context.varies(step.inputs[0])) putBack(step, copy, context);
    },
  };
}

/** The vjp: cotangents go back to where values came from; others of the input get none. */
function putBack(step: Step, copy: StridedCopy, context: BackwardContext): void {
  const { node, inputs } = step;
  const units = sizeOf(node.inputShapes[0]);
  const { emit, stride, kept } = context;
  const x = unmasked(step, context);
  const { target, accumulate } = context.into(inputs[0]);
  if (!accumulate && sizeOf(copy.shape) < units)
    emit(zerosEntry(node.name, kept.zeros, target.buffer, units * stride));
  const back = {
    shape: copy.shape,
    ...{ from: copy.to, to: copy.from, fromStart: copy.toStart, toStart: copy.fromStart },
  };
  emit(stridedEntry(node.name, back, { x, y: target.buffer, floats: stride, accumulate }));
}

/** So many floats of 0; in runs that `zeros` has, whose sources are all its start. */
function zerosEntry(label: string, zeros: Buffer, y: Buffer, floats: number): Entry {
  const run = [16, 8, 4, 2, 1].find((n) => floats % n === 0) as number;
  return entry("copy_strided", label, floats / run, {
    ...{ x: zeros, y, run, accumulate: 0 },
    ...{ n0: floats / run, n1: 1, n2: 1, n3: 1 },
    ...{ x0: 0, x1: 0, x2: 0, x3: 0 },
    ...{ y0: 4 * run, y1: 0, y2: 0, y3: 0 },
  });
}
