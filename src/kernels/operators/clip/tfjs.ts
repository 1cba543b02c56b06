import type { Tensor } from "@tensorflow/tfjs-core";
import { elementWise, isBetween } from "../../element_wise/tfjs.js";
import type { TfNamespace } from "../../tfjs/namespace.js";
import type { Clip } from "./spec.js";

export const make = elementWise<Clip>(({ min, max }, { tf }) => ({
  value: (x) => clip(tf, x, min, max),
  derivative: (x) => isBetween(tf, x, min, max),
}));

function clip(tf: TfNamespace, x: Tensor, min: number, max: number): Tensor {
  const above = Number.isFinite(min) ? tf.maximum(x, min) : x;
  if (Number.isFinite(max)) return tf.minimum(above, max);
  return above === x ? tf.clone(x) : above;
}
