/** Who can be asked to take part; `reference` is our float64 definition, which peers and we are all compared with in the end. */
export const ENGINES = [
  "reference",
  "wasm-simd",
  "wasm-relaxed",
  "webgpu",
  "webgpu-f16w",
  "tfjs-cpu",
  "tfjs-wasm",
  "tfjs-grad",
  "tfjs-webgl",
  "tfjs-webgpu",
  "tfjs-webgpu-grad",
  "onnxruntime",
  "torch",
  "torch-cuda",
  "foolbox",
] as const;
export type EngineName = (typeof ENGINES)[number];
