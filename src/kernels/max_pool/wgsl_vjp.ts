import { mapShader, type Shader, type Share, shareParts } from "../webgpu/shader.js";
import { type WindowParams, windowParams } from "./wgsl_forward.js";

export interface MaxPoolVjpStructure {
  /** Channels are a multiple of four: an element is four of them. */
  readonly vector: boolean;
  readonly share: Share;
}

/**
 * The cotangent of an input unit: the sum, in the order of the windows, over those that hold it and that it won.
 * One invocation for an element of the input, so nothing is added to twice.
 */
export function maxPoolVjpShader({
  vector,
  share,
}: MaxPoolVjpStructure): Shader<"units" | WindowParams | "low" | "high"> {
  const type = vector ? "vec4f" : "f32";
  const parts = shareParts(share, type);
  return mapShader<WindowParams | "low" | "high">({
    name: `max_pool_vjp${vector ? "_c4" : ""}${parts.suffix}`,
    params: { ...windowParams, low: "f32", high: "f32" },
    reads: { gy: type, winners: vector ? "vec4i" : "i32", ...parts.reads, slots: "u32" },
    writes: { gx: type },
    extent: "cotangents",
    declarations: `${parts.code}
/** The first window that reaches beyond \`before\`. */
fn first_window(before: i32, stride: i32) -> i32 {
  return select(before / stride + 1, 0, before < 0);
}`,
    body: `
  let c = i32(u) % p.channels;
  let pixel = i32(u) / p.channels;
  let row = pixel / p.width + p.padTop;
  let column = pixel % p.width + p.padLeft;
  let top = first_window(row - p.kernelHeight, p.strideHeight);
  let left = first_window(column - p.kernelWidth, p.strideWidth);
  let bottom = min(row / p.strideHeight, p.outHeight - 1);
  let right = min(column / p.strideWidth, p.outWidth - 1);
  let outputs = u32(p.outHeight * p.outWidth * p.channels);
  let image = slots[n / call.lanes] * outputs;
  let own = ${vector ? "4 * i32(u) + vec4i(0, 1, 2, 3)" : "i32(u)"};
  var sum = ${type}();
  for (var i = top; i <= bottom; i++) {
    for (var j = left; j <= right; j++) {
      let output = u32((i * p.outWidth + j) * p.channels + c);
      sum += select(${type}(), gy[n * outputs + output], winners[image + output] == own);
    }
  }
  gx[at] = share(n, p.units, u, sum);`,
  });
}
