import { forward64 } from "../../src/engines/reference.js";
import type { InputTransform } from "../../src/network/input.js";
import type { Network, Node } from "../../src/network/spec.js";
import { backward } from "./float32_error/cotangents.js";
import {
  functionConstant,
  type Slopes,
  slopesOf,
  type Tie,
  variationOf,
  winnersOf,
} from "./float32_error/kinks.js";
import {
  absolute,
  at,
  type Inexact,
  isFunction,
  isMaximum,
  run,
  termsForward,
  U,
  type Values,
} from "./float32_error/nodes.js";

export type { Tie } from "./float32_error/kinks.js";

export interface ImageError {
  /** `[C]`: bound on the error of each logit. */
  readonly logits: Float64Array;
  /** `[K][D]`: bound on each gradient where every unit is seen in its own linear piece. */
  readonly values: Float64Array;
  /** `[K][D]`: bound on each gradient whichever piece the ties are seen in. */
  readonly tiedValues: Float64Array;
  readonly ties: readonly Tie[];
}

/**
 * How far a float32 evaluation in any order of summation may be from the exact one, by running error analysis
 * beside a float64 evaluation: to a sum of n products, |error| <= c u sum |a b| is added, u = 2^-24, c = n + 4 (one
 * for the sum's start, the rest for weights that were folded and rounded), and errors of operands propagate:
 * through a linear operator by its absolute weights, through a function by how much it varies over
 * `[x - error, x + error]`. The backward pass does the same with cotangents; a derivative is as uncertain as it
 * varies over that interval. Where a kink lies in the interval, or another element of a window is as near to its
 * maximum, the unit is a {@link Tie}, and what that may change is bounded apart.
 *
 * @param classes the K logits to differentiate
 */
export function float32Error(
  network: Network,
  input: InputTransform,
  image: Float64Array,
  classes: Int32Array,
): ImageError {
  const values = forward(network, input, image);
  const slopes = new Map<Node, Slopes>();
  const ties: Tie[] = [];
  for (const node of network.nodes) {
    if (!isFunction(node) && !isMaximum(node)) continue;
    const found = isFunction(node)
      ? slopesOf(node, at(values, node.inputs[0]))
      : winnersOf(node, at(values, node.inputs[0]));
    slopes.set(node, found);
    ties.push(...found.ties);
  }
  const rows = [...classes].map((c) => backward(network, input, values, slopes, c));
  const size = image.length;
  const smooth = new Float64Array(classes.length * size);
  const tied = new Float64Array(classes.length * size);
  rows.forEach((row, k) => {
    smooth.set(row.error, k * size);
    tied.set(
      row.error.map((e, i) => e + row.tied[i]),
      k * size,
    );
  });
  return { logits: at(values, network.output).error, values: smooth, tiedValues: tied, ties };
}

function forward(network: Network, input: InputTransform, image: Float64Array): Values {
  const exact = forward64(network, input, image);
  const values = new Map<string, Inexact>();
  const { scale, offset } = input;
  const magnitude = image.map(
    (pixel, i) => Math.abs(pixel * scale[i % scale.length]) + Math.abs(offset[i % offset.length]),
  );
  values.set(network.input.name, {
    value: exact.get(network.input.name)!,
    error: magnitude.map((m) => 4 * U * m),
    magnitude,
  });
  for (const node of network.nodes) {
    const inputs = node.inputs.map((name) => at(values, name));
    const value = exact.get(node.name)!;
    values.set(node.name, { value, ...forwardError(node, inputs, value) });
  }
  return values;
}

function forwardError(node: Node, inputs: readonly Inexact[], value: Float64Array): Omit<Inexact, "value"> {
  const errors = inputs.map((x) => x.error);
  const magnitudes = inputs.map((x) => x.magnitude);
  if (isMaximum(node)) return { error: run(node, errors), magnitude: value.map(Math.abs) };
  if (isFunction(node)) {
    const [{ value: x, error }] = inputs;
    const variation = variationOf(x, error, (shifted) => run(node, [shifted]));
    const c = functionConstant(node);
    return {
      error: value.map((_, i) => variation[i] + c * U * Math.max(1, Math.abs(x[i]))),
      magnitude: value.map(Math.abs),
    };
  }
  if (node.op === "Mul") {
    const magnitude = run(node, magnitudes);
    const most = run(
      node,
      inputs.map((x) => x.value.map((v, i) => Math.abs(v) + x.error[i])),
    );
    const error = value.map((v, i) => most[i] - Math.abs(v) + (inputs.length + 1) * U * magnitude[i]);
    return { error, magnitude };
  }
  const magnitude = run(absolute(node, true), magnitudes);
  const propagated = run(absolute(node, false), errors);
  const c = termsForward(node);
  return { magnitude, error: propagated.map((e, i) => e + c * U * magnitude[i]) };
}
