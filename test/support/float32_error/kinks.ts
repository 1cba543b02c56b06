import { forEachTap } from "../../../src/kernels/window.js";
import { type Node, sizeOf } from "../../../src/network/spec.js";
import { type Inexact, vjp } from "./nodes.js";

/** A unit that float32 may see on the other side of a kink, or a maximum that it may find elsewhere. */
export interface Tie {
  readonly node: string;
  readonly unit: number;
  /** Input of the kink; for a maximum, the winner's. */
  readonly at: number;
  readonly error: number;
}
/** How the derivative of a node without weights looks from inexact inputs. */
export type Slopes = FunctionSlopes | MaximumSlopes;

export interface FunctionSlopes {
  readonly kind: "function";
  readonly slope: Float64Array;
  /** How much it varies smoothly over the interval of each unit, and by jumping. */
  readonly variation: Float64Array;
  readonly jump: Float64Array;
  readonly ties: readonly Tie[];
}

export interface MaximumSlopes {
  readonly kind: "maximum";
  readonly terms: number;
  /** Adds each output's value to its winner. */
  readonly route: (values: Float64Array) => Float64Array;
  /** Adds it to everyone who may have won, where that is more than one. */
  readonly spread: (values: Float64Array) => Float64Array;
  readonly ties: readonly Tie[];
}

export const SMOOTH = new Set(["Sigmoid", "Tanh", "Softplus", "Softsign", "Mish", "Swish", "Gelu"]);

export function slopesOf(node: Node, { value: x, error }: Inexact): FunctionSlopes {
  const ones = x.map(() => 1);
  const derivative = (shifted: Float64Array) => vjp(node, [shifted], ones)[0];
  const slope = derivative(x);
  const variation = variationOf(x, error, derivative);
  const zeros = x.map(() => 0);
  if (SMOOTH.has(node.op)) return { kind: "function", slope, variation, jump: zeros, ties: [] };
  // Elu and HardSwish vary between their kinks, by no more than 2 for each 1; what is more is a jump.
  const smooth = variation.map((v, i) =>
    Math.min(v, ["Elu", "Selu", "HardSwish"].includes(node.op) ? 2 * error[i] : 0),
  );
  const jump = variation.map((v, i) => v - smooth[i]);
  const ties: Tie[] = [];
  jump.forEach((j, unit) => {
    if (j > 0) ties.push({ node: node.name, unit, at: x[unit], error: error[unit] });
  });
  return { kind: "function", slope, variation: smooth, jump, ties };
}

export function winnersOf(node: Node, { value: x, error }: Inexact): MaximumSlopes {
  const [height, width, channels] = node.inputShapes[0];
  const window =
    node.op === "MaxPool"
      ? { ...node, dilations: [1, 1] as const }
      : {
          kernel: [height, width] as const,
          strides: [1, 1] as const,
          dilations: [1, 1] as const,
          pads: [0, 0, 0, 0] as const,
        };
  const geometry: Node = node.op === "MaxPool" ? node : { ...node, shape: [1, 1, channels] };
  const members: number[][] = Array.from({ length: sizeOf(geometry.shape) }, () => []);
  forEachTap(geometry, window, (output, input) => {
    for (let c = 0; c < channels; c++) members[output * channels + c].push(input * channels + c);
  });
  const ties: Tie[] = [];
  const rivals = members.map((units) => {
    const least = Math.max(...units.map((u) => x[u] - error[u]));
    const found = units.filter((u) => x[u] + error[u] >= least);
    const best = Math.max(...found.map((u) => x[u]));
    const winner = found.find((u) => x[u] === best) as number;
    if (found.length > 1) ties.push({ node: node.name, unit: winner, at: x[winner], error: error[winner] });
    return { winner, found };
  });
  return {
    kind: "maximum",
    terms: window.kernel[0] * window.kernel[1],
    route: (values) => {
      const to = new Float64Array(x.length);
      rivals.forEach(({ winner }, output) => {
        to[winner] += values[output];
      });
      return to;
    },
    spread: (values) => {
      const to = new Float64Array(x.length);
      rivals.forEach(({ found }, output) => {
        if (found.length > 1) for (const u of found) to[u] += values[output];
      });
      return to;
    },
    ties,
  };
}

/** How far f moves within the interval: at its ends, where the functions of this library move most. */
export function variationOf(
  x: Float64Array,
  error: Float64Array,
  f: (shifted: Float64Array) => Float64Array,
): Float64Array {
  const [middle, ...ends] = [0, 1, -1].map((side) => f(x.map((v, i) => v + side * 1.01 * error[i])));
  return middle.map((y, i) => Math.max(...ends.map((end) => Math.abs(end[i] - y))));
}

/** Units of rounding of a function itself; `kernels/activation/reference.ts`. */
export function functionConstant(node: Node): number {
  if (node.op === "Relu" || node.op === "Clip") return 0;
  return 16 * ("alpha" in node ? Math.max(1, Math.abs(node.alpha)) : 1);
}
