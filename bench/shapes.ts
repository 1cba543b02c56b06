/** Convolution layers of real networks, as data: what kernels are measured on. */
export interface ConvShape {
  readonly network: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
  /** Taps each way, stride, and padding on every side. */
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  /**
   * Shares of the inputs and of the outputs whose cotangents live: 1 without a relu there, else about what was
   * measured on images (pretrained networks; VGG-16 with He weights).
   */
  readonly live: readonly [input: number, output: number];
}

const conv = (
  network: string,
  size: number,
  [channels, filters]: readonly [number, number],
  [kernel, stride, pad]: readonly [number, number, number],
  live: readonly [number, number],
): ConvShape => ({ network, height: size, width: size, channels, filters, kernel, stride, pad, live });

export const CONV_SHAPES: readonly ConvShape[] = [
  conv("resnet20", 32, [3, 16], [3, 1, 1], [1, 0.62]),
  conv("resnet20", 32, [16, 16], [3, 1, 1], [0.62, 0.5]),
  conv("resnet20", 32, [16, 32], [3, 2, 1], [0.83, 0.46]),
  conv("resnet20", 16, [32, 32], [3, 1, 1], [0.66, 0.25]),
  conv("resnet20", 8, [64, 64], [3, 1, 1], [0.46, 0.22]),
  conv("squeezenet", 224, [3, 64], [3, 2, 0], [1, 0.4]),
  conv("squeezenet", 55, [128, 16], [1, 1, 0], [0.4, 0.5]),
  conv("squeezenet", 55, [16, 64], [1, 1, 0], [0.5, 0.4]),
  conv("squeezenet", 55, [16, 64], [3, 1, 1], [0.5, 0.4]),
  conv("squeezenet", 13, [64, 256], [3, 1, 1], [0.5, 0.3]),
  conv("squeezenet", 13, [512, 1000], [1, 1, 0], [0.3, 0.01]),
  conv("mobilenetv2", 112, [32, 16], [1, 1, 0], [0.5, 1]),
  conv("mobilenetv2", 56, [24, 144], [1, 1, 0], [1, 0.5]),
  conv("mobilenetv2", 14, [384, 64], [1, 1, 0], [0.5, 1]),
  conv("mobilenetv2", 7, [160, 960], [1, 1, 0], [1, 0.4]),
  conv("mobilenetv2", 7, [320, 1280], [1, 1, 0], [1, 0.4]),
  conv("vgg16", 224, [3, 64], [3, 1, 1], [1, 0.4]),
  conv("vgg16", 112, [64, 128], [3, 1, 1], [0.4, 0.4]),
  conv("vgg16", 56, [256, 256], [3, 1, 1], [0.4, 0.4]),
  conv("vgg16", 28, [512, 512], [3, 1, 1], [0.4, 0.4]),
  conv("vgg16", 14, [512, 512], [3, 1, 1], [0.4, 0.4]),
];

/** "3x3s2_32x32x16-32": taps, stride, input, filters. */
export function shapeName({ kernel, stride, height, width, channels, filters }: ConvShape): string {
  return `${kernel}x${kernel}${stride > 1 ? `s${stride}` : ""}_${height}x${width}x${channels}-${filters}`;
}

export function outputSize({ height, width, kernel, stride, pad }: ConvShape): readonly [number, number] {
  const out = (n: number): number => Math.floor((n + 2 * pad - kernel) / stride) + 1;
  return [out(height), out(width)];
}
