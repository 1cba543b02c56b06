import { buildNetwork } from "../../src/network/build.js";
import type { Network, NodeSpec } from "../../src/network/spec.js";

/** Pixels of an image, `[2][2][1]`. */
export const SIZE = 4;

/**
 * Three scores of the four pixels, and a branch that is 0 while their mean is at most `threshold` and overflows above it, in
 * float64 as well. Score 1 grows with the pixels, so that DeepFool makes images of label 0 brighter.
 *
 * @param ending what the overflow makes of the scores: all NaN, or the last one infinite
 */
export function overflowingNetwork(threshold: number, ending: "NaN" | "infinite"): Network {
  const nodes: NodeSpec[] = [
    { op: "Flatten", name: "pixels", inputs: ["image"] },
    // [4][3]
    {
      op: "Gemm",
      name: "scores",
      inputs: ["pixels"],
      weights: Float32Array.from({ length: 3 * SIZE }, (_, i) => (i % 3 === 1 ? 1 : 0)),
      bias: Float32Array.of(3, 0, -9),
      units: 3,
    },
    { op: "GlobalAveragePool", name: "mean", inputs: ["image"] },
    { op: "Constant", name: "threshold", inputs: [], shape: [1], data: Float32Array.of(-threshold) },
    { op: "Add", name: "above", inputs: ["mean", "threshold"] },
    { op: "Relu", name: "power0", inputs: ["above"] },
  ];
  // Nine factors of 3e38 leave float64, two float32.
  for (let n = 1; n <= 9; n++)
    nodes.push(
      { op: "Constant", name: `factor${n}`, inputs: [], shape: [1], data: Float32Array.of(3e38) },
      { op: "Mul", name: `power${n}`, inputs: [`power${n - 1}`, `factor${n}`] },
    );
  if (ending === "NaN")
    nodes.push(
      { op: "Sub", name: "difference", inputs: ["power9", "power9"] },
      { op: "Add", name: "out", inputs: ["scores", "difference"] },
    );
  else
    nodes.push(
      { op: "Slice", name: "two", inputs: ["scores"], starts: [0], ends: [2] },
      { op: "Concat", name: "out", inputs: ["two", "power9"], axis: 0 },
    );
  return buildNetwork({ input: { name: "image", shape: [2, 2, 1] }, nodes, output: "out" });
}

/** Images each of one grey. */
export function greys(...values: readonly number[]): Float32Array {
  return Float32Array.from({ length: values.length * SIZE }, (_, i) => values[Math.floor(i / SIZE)]);
}
