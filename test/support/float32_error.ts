import { forward64 } from "../../src/engines/reference.js";
import {
  add,
  type Float32Rule,
  type Inexact,
  type InexactCotangent,
  type InexactVjp,
  type Tie,
  U,
} from "../../src/kernels/float32/rule.js";
import { float32 } from "../../src/kernels/operators/float32.generated.js";
import type { InputTransform } from "../../src/network/input.js";
import { type Network, type Node, sizeOf } from "../../src/network/spec.js";

export type { Tie } from "../../src/kernels/float32/rule.js";

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
 * How far a float32 evaluation in any order of summation may be from the exact one, by running error analysis beside a
 * float64 evaluation, after the rule of each operator (`float32` in its `reference.ts`). Where a kink lies in the interval
 * of an inexact value, or another element of a window is as near to its maximum, the unit is a {@link Tie}, and what
 * that may change is bounded apart.
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
  const vjps = new Map<Node, InexactVjp>();
  for (const node of network.nodes)
    vjps.set(node, ruleOf(node).vjp(node, inputsOf(node, values), at(values, node.name).value));
  const rows = [...classes].map((c) => backward(network, input, vjps, c));
  const size = image.length;
  const smooth = new Float64Array(classes.length * size);
  const tied = new Float64Array(classes.length * size);
  rows.forEach((row, k) => {
    smooth.set(row.error, k * size);
    tied.set(add(row.error, row.tied), k * size);
  });
  return {
    logits: at(values, network.output).error,
    values: smooth,
    tiedValues: tied,
    ties: [...vjps.values()].flatMap(({ ties }) => ties),
  };
}

type Values = ReadonlyMap<string, Inexact>;

function at(values: Values, name: string): Inexact {
  return values.get(name)!;
}

function inputsOf(node: Node, values: Values): Inexact[] {
  return node.inputs.map((name) => at(values, name));
}

function ruleOf({ op }: Node): Float32Rule {
  return float32[op] as Float32Rule;
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
    const value = exact.get(node.name)!;
    values.set(node.name, { value, ...ruleOf(node).forward(node, inputsOf(node, values), value) });
  }
  return values;
}

/** Cotangents of the image for logit `c`. */
function backward(
  network: Network,
  { scale }: InputTransform,
  vjps: ReadonlyMap<Node, InexactVjp>,
  c: number,
): InexactCotangent {
  const seed = new Float64Array(network.classes);
  seed[c] = 1;
  const none = new Float64Array(seed.length);
  const pending = new Map<string, InexactCotangent>([
    [network.output, { value: seed, error: none, magnitude: seed, tied: none, terms: 0 }],
  ]);
  for (const node of network.nodes.toReversed()) {
    const cotangent = pending.get(node.name);
    if (cotangent === undefined) continue;
    pending.delete(node.name);
    const shares = vjps.get(node)!.shares(cotangent);
    node.inputs.forEach((name, i) => {
      const before = pending.get(name);
      pending.set(name, before ? sum(before, shares[i]) : shares[i]);
    });
  }
  const zeros = new Float64Array(sizeOf(network.input.shape));
  const none64 = { value: zeros, error: zeros, magnitude: zeros, tied: zeros, terms: 0 };
  const atInput = pending.get(network.input.name) ?? none64;
  const factor = (i: number) => Math.abs(scale[i % scale.length]);
  return {
    ...atInput,
    error: atInput.error.map((e, i) => factor(i) * (e + 3 * U * atInput.magnitude[i])),
    tied: atInput.tied.map((t, i) => factor(i) * t),
  };
}

/** What a value that is read twice receives: summed in any order, either sum may start from the other. */
function sum(a: InexactCotangent, b: InexactCotangent): InexactCotangent {
  const terms = a.terms + b.terms + 1;
  const magnitude = add(a.magnitude, b.magnitude);
  return {
    value: add(a.value, b.value),
    error: a.error.map((e, i) => e + b.error[i] + terms * U * magnitude[i]),
    magnitude,
    tied: add(a.tied, b.tied),
    terms,
  };
}
