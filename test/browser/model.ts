import { randomValues } from "../support/random_values.js";

/** A LayersModel's files. */
export interface ModelFiles {
  readonly "model.json": string;
  readonly "weights.bin": Uint8Array;
}

/**
 * A small convolutional classifier with seeded random weights: convolution, pooling, convolution with stride 2, a
 * dense layer with a softmax. Every kernel that DeepFool needs runs, tails included.
 *
 * @param filters of the two convolutions
 */
export function randomModel(
  [height, width, channels]: readonly [number, number, number],
  filters: readonly [number, number],
  classes: number,
): ModelFiles {
  const random = randomValues(height);
  const specs: { name: string; shape: number[]; dtype: "float32" }[] = [];
  const values: number[] = [];
  const weights = (name: string, shape: number[]): void => {
    const count = shape.reduce((product, n) => product * n, 1);
    const fanIn = count / shape[shape.length - 1];
    // He's variance keeps the values of all layers about 1.
    const range = shape.length === 1 ? 0.25 : Math.sqrt(6 / fanIn);
    specs.push({ name, shape, dtype: "float32" });
    for (let i = 0; i < count; i++) values.push(random.uniform(-range, range));
  };
  const layer = (kind: string, name: string, config: object) => ({
    class_name: kind,
    config: { name, dtype: "float32", ...config },
  });
  const conv = (name: string, inputs: number, units: number, stride: number) => {
    weights(`${name}/kernel`, [3, 3, inputs, units]);
    weights(`${name}/bias`, [units]);
    return layer("Conv2D", name, {
      filters: units,
      kernel_size: [3, 3],
      strides: [stride, stride],
      padding: "same",
      data_format: "channels_last",
      activation: "relu",
      use_bias: true,
    });
  };
  const layers = [
    layer("InputLayer", "image", { batch_input_shape: [null, height, width, channels] }),
    conv("first", channels, filters[0], 1),
    layer("MaxPooling2D", "pool", {
      pool_size: [2, 2],
      strides: [2, 2],
      padding: "valid",
      data_format: "channels_last",
    }),
    conv("second", filters[0], filters[1], 2),
    layer("Flatten", "flat", {}),
  ];
  const half = (n: number): number => Math.ceil(Math.floor(n / 2) / 2);
  weights("scores/kernel", [half(height) * half(width) * filters[1], classes]);
  weights("scores/bias", [classes]);
  layers.push(layer("Dense", "scores", { units: classes, activation: "softmax", use_bias: true }));
  return {
    "model.json": JSON.stringify({
      format: "layers-model",
      modelTopology: {
        model_config: { class_name: "Sequential", config: { name: "random", layers } },
      },
      weightsManifest: [{ paths: ["weights.bin"], weights: specs }],
    }),
    "weights.bin": new Uint8Array(Float32Array.from(values).buffer),
  };
}
