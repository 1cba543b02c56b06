import { type WindowParams, windowParams } from "../max_pool/wgsl_forward.js";
import { mapShader, type Shader, type Share, shareParts } from "../webgpu/shader.js";
import { COLUMNS } from "./wgsl_forward.js";

export interface DepthwiseVjpStructure {
  /** One filter a channel, and channels a multiple of four: an element is four of them. */
  readonly vector: boolean;
  readonly share: Share;
}

export type DepthwiseVjpParams =
  | WindowParams
  | "multiplier"
  | "dilationHeight"
  | "dilationWidth"
  | "tapStepHeight"
  | "tapStepWidth"
  | "low"
  | "high";

/**
 * Transpose of `depthwise_forward`, gathering: input column t is read by the outputs j with t + left = j s + q d. The
 * COLUMNS columns of an invocation are a stride apart, so that they share the taps q and their j are neighbours. Taps
 * that reach an output are `tapStep = s / gcd(s, d)` apart.
 *
 * `units` are `height * strideWidth * ceil(width / (COLUMNS * strideWidth)) * channels` in elements.
 */
export function depthwiseVjpShader({
  vector,
  share,
}: DepthwiseVjpStructure): Shader<"units" | DepthwiseVjpParams> {
  const type = vector ? "vec4f" : "f32";
  const parts = shareParts(share, type);
  const columns = Array.from({ length: COLUMNS }, (_, k) => k);
  return mapShader<DepthwiseVjpParams>({
    name: `depthwise_vjp${vector ? "_c4" : ""}${parts.suffix}`,
    params: {
      ...windowParams,
      multiplier: "i32",
      dilationHeight: "i32",
      dilationWidth: "i32",
      tapStepHeight: "i32",
      tapStepWidth: "i32",
      low: "f32",
      high: "f32",
    },
    reads: { gy: type, weights: type, ...parts.reads },
    writes: { gx: type },
    extent: "cotangents",
    declarations: `${parts.code}
/** The first tap that meets padded position \`at\` from a whole output. */
fn first_tap(at: i32, kernel: i32, stride: i32, dilation: i32) -> i32 {
  var tap = 0;
  while (tap < kernel && (at - tap * dilation) % stride != 0) { tap++; }
  return tap;
}`,
    body: `
  let filters = p.channels * p.multiplier;
  let c = i32(u) % p.channels;
  let block = i32(u) / p.channels;
  let blocks = p.strideWidth * ((p.width + ${COLUMNS} * p.strideWidth - 1) / (${COLUMNS} * p.strideWidth));
  let row = block / blocks;
  let within = block % blocks;
  let column = (within / p.strideWidth) * ${COLUMNS} * p.strideWidth + within % p.strideWidth;
  let image = n * u32(p.outHeight * p.outWidth * filters);
  let first_q = first_tap(column + p.padLeft, p.kernelWidth, p.strideWidth, p.dilationWidth);
${columns.map((k) => `  var sum${k} = ${type}();`).join("\n")}
  for (
    var r = first_tap(row + p.padTop, p.kernelHeight, p.strideHeight, p.dilationHeight);
    r < p.kernelHeight;
    r += p.tapStepHeight
  ) {
    let i = (row + p.padTop - r * p.dilationHeight) / p.strideHeight;
    if (i < 0 || i >= p.outHeight) { continue; }
    for (var q = first_q; q < p.kernelWidth; q += p.tapStepWidth) {
      let j = (column + p.padLeft - q * p.dilationWidth) / p.strideWidth;
${vector ? taps("c", type, columns) : `      for (var m = 0; m < p.multiplier; m++) {\n${taps("(c * p.multiplier + m)", type, columns)}\n      }`}
    }
  }
  let size = u32(p.height * p.width * p.channels);
${columns
  .map(
    (k) => `  if (column + ${k} * p.strideWidth < p.width) {
    let v = u32((row * p.width + column + ${k} * p.strideWidth) * p.channels + c);
    gx[n * size + v] = share(n, size, v, sum${k});
  }`,
  )
  .join("\n")}`,
  });
}

function taps(filter: string, type: string, columns: readonly number[]): string {
  return `      let w = weights[(r * p.kernelWidth + q) * filters + ${filter}];
${columns
  .map(
    (k) => `      if (j + ${k} >= 0 && j + ${k} < p.outWidth) {
        sum${k} = fma(${type}(w), gy[image + u32((i * p.outWidth + j + ${k}) * filters + ${filter})], sum${k});
      }`,
  )
  .join("\n")}`;
}
