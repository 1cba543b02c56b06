import type { Geometry } from "./geometry.js";

/** What `convShader` reads besides its input: see there. */
export interface PackedConv {
  readonly weights: Float32Array;
  readonly geometry: Int32Array;
  readonly classes: number;
  /** Pixels of the largest class. */
  readonly classRows: number;
  /** Multiply-adds of one input, with padding counted as if it were pixels. */
  readonly macs: number;
}

interface Tap {
  readonly y: number;
  readonly x: number;
  /** Number of the tap in the weights. */
  readonly index: number;
}

interface PixelClass {
  readonly firstRow: number;
  readonly firstColumn: number;
  readonly rows: number;
  readonly columns: number;
  readonly taps: readonly Tap[];
}

/** One class: every pixel of the output reads through all taps. */
export function packConvForward(conv: Geometry): PackedConv {
  const { kernel, dilations, pads, outHeight: rows, outWidth: columns } = conv;
  const taps: Tap[] = [];
  for (let p = 0; p < kernel[0]; p++)
    for (let q = 0; q < kernel[1]; q++)
      taps.push({ y: p * dilations[0] - pads[0], x: q * dilations[1] - pads[1], index: p * kernel[1] + q });
  return pack(conv, [{ firstRow: 0, firstColumn: 0, rows, columns, taps }], "forward");
}

/**
 * One class for every remainder of the input's row and column by the strides: input pixel i takes from output pixel
 * `(i + pad - p * dilation) / stride` where that is whole, which depends on the remainder alone.
 */
export function packConvVjp(conv: Geometry): PackedConv {
  const { kernel, strides, dilations, pads, height, width } = conv;
  const classes: PixelClass[] = [];
  for (let i = 0; i < Math.min(strides[0], height); i++)
    for (let j = 0; j < Math.min(strides[1], width); j++) {
      const taps: Tap[] = [];
      for (let p = 0; p < kernel[0]; p++)
        for (let q = 0; q < kernel[1]; q++) {
          const y = (i + pads[0] - p * dilations[0]) / strides[0];
          const x = (j + pads[1] - q * dilations[1]) / strides[1];
          if (Number.isInteger(y) && Number.isInteger(x)) taps.push({ y, x, index: p * kernel[1] + q });
        }
      const rows = Math.ceil((height - i) / strides[0]);
      const columns = Math.ceil((width - j) / strides[1]);
      classes.push({ firstRow: i, firstColumn: j, rows, columns, taps });
    }
  return pack(conv, classes, "vjp");
}

function pack(conv: Geometry, classes: readonly PixelClass[], pass: "forward" | "vjp"): PackedConv {
  const { groups, channels, filters } = conv;
  const inputs = channels / groups;
  const outputs = filters / groups;
  const [depth, columns] = pass === "forward" ? [inputs, outputs] : [outputs, inputs];
  const padded = 4 * Math.ceil(columns / 4);
  const taps = classes.flatMap((c) => c.taps);
  const weights = new Float32Array(Math.max(4, taps.length * groups * depth * padded));
  const geometry: number[] = [];
  let firstTap = 2 * classes.length;
  let to = 0;
  for (const c of classes) {
    geometry.push(c.firstRow, c.firstColumn, c.rows, c.columns, firstTap, c.taps.length, to / 4, 0);
    firstTap += c.taps.length;
    for (let g = 0; g < groups; g++)
      for (const { index } of c.taps)
        for (let d = 0; d < depth; d++, to += padded)
          for (let column = 0; column < columns; column++) {
            const [input, output] = pass === "forward" ? [d, column] : [column, d];
            weights[to + column] = conv.weights[(index * inputs + input) * filters + g * outputs + output];
          }
  }
  for (const { y, x } of taps) geometry.push(y, x, 0, 0);
  return {
    weights,
    geometry: Int32Array.from(geometry),
    classes: classes.length,
    classRows: Math.max(...classes.map((c) => c.rows * c.columns)),
    macs: classes.reduce((sum, c) => sum + c.rows * c.columns * c.taps.length * depth * columns * groups, 0),
  };
}
