import { mapShader, type Scalar, type Shader } from "../webgpu/shader.js";

/** Geometry of a window that slides over an image; channels in elements. */
export const windowParams = {
  channels: "i32",
  height: "i32",
  width: "i32",
  outHeight: "i32",
  outWidth: "i32",
  kernelHeight: "i32",
  kernelWidth: "i32",
  strideHeight: "i32",
  strideWidth: "i32",
  padTop: "i32",
  padLeft: "i32",
} as const satisfies Record<string, Scalar>;

export type WindowParams = keyof typeof windowParams;

export interface MaxPoolForwardStructure {
  /** Channels are a multiple of four: an element is four of them. */
  readonly vector: boolean;
  /** Writes the input unit of each image that every output is taken from, for the vjp. */
  readonly keepsWinners: boolean;
}

/**
 * Maximum over a sliding window, one invocation for an element of the output. The first of the equal wins: the search
 * starts from the first tap inside the image, so a NaN there stays, and one elsewhere never wins.
 */
export function maxPoolForwardShader({
  vector,
  keepsWinners,
}: MaxPoolForwardStructure): Shader<"units" | WindowParams | "dilationHeight" | "dilationWidth"> {
  const type = vector ? "vec4f" : "f32";
  const integer = vector ? "vec4i" : "i32";
  const units = vector ? "4 * element + vec4i(0, 1, 2, 3)" : "element";
  return mapShader<WindowParams | "dilationHeight" | "dilationWidth">({
    name: `max_pool_forward${vector ? "_c4" : ""}${keepsWinners ? "_winners" : ""}`,
    params: { ...windowParams, dilationHeight: "i32", dilationWidth: "i32" },
    reads: { x: type },
    writes: { y: type, ...(keepsWinners && { winners: integer }) },
    extent: "images",
    declarations: `
fn units_of(element: i32) -> ${integer} { return ${units}; }
/** The first tap from \`start\` on that is not before the image. */
fn inside(start: i32, dilation: i32) -> i32 {
  return select(start, start + (dilation - 1 - start) / dilation * dilation, start < 0);
}`,
    body: `
  let c = i32(u) % p.channels;
  let pixel = i32(u) / p.channels;
  let row = (pixel / p.outWidth) * p.strideHeight - p.padTop;
  let column = (pixel % p.outWidth) * p.strideWidth - p.padLeft;
  let top = inside(row, p.dilationHeight);
  let left = inside(column, p.dilationWidth);
  let bottom = min(row + (p.kernelHeight - 1) * p.dilationHeight + 1, p.height);
  let right = min(column + (p.kernelWidth - 1) * p.dilationWidth + 1, p.width);
  let image = n * u32(p.height * p.width * p.channels);
  var winner = units_of((top * p.width + left) * p.channels + c);
  var best = x[image + u32((top * p.width + left) * p.channels + c)];
  for (var i = top; i < bottom; i += p.dilationHeight) {
    for (var j = left; j < right; j += p.dilationWidth) {
      let element = (i * p.width + j) * p.channels + c;
      let candidate = x[image + u32(element)];
      let wins = candidate > best;
      best = select(best, candidate, wins);
      winner = select(winner, units_of(element), wins);
    }
  }
  y[at] = best;
${keepsWinners ? "  winners[at] = winner;" : ""}`,
  });
}
