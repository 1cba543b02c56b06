/** Resampling of images. */

import { isActivation, type Operand } from "../../dataflow/activation.js";
import { listOf } from "../../dataflow/places.js";
import { resize, type Sampling } from "../../dataflow/resize.js";
import { channelsFirst } from "../../dataflow/window.js";
import { valueText } from "../../failure.js";
import type { OnnxNode } from "../node.js";
import { type OnnxOperators, operator } from "./operator.js";

function runResize(node: OnnxNode): Operand {
  node.ignore("extrapolation_value");
  const policy = node.text("keep_aspect_ratio_policy", "stretch");
  if (policy !== "stretch") node.unsupported(`keep_aspect_ratio_policy ${valueText(policy)}`);
  const old = node.opset < 11;
  const scales = node.optional(old ? 1 : 2, "scales");
  const sizes = old ? undefined : node.optional(3, "sizes");
  const mode = node.choice("mode", "nearest", ["nearest", "linear", "cubic"]);
  const excludesOutside = node.flag("exclude_outside", false);
  if (excludesOutside && mode === "linear") node.unsupported("exclude_outside of linear");
  const sampling: Sampling = {
    float32: true,
    mode,
    antialias: node.flag("antialias", false),
    excludesOutside: excludesOutside && mode === "cubic",
    cubicCoefficient: node.float("cubic_coeff_a", -0.75),
    coordinates: old
      ? "asymmetric"
      : node.choice("coordinate_transformation_mode", "half_pixel", [
          "half_pixel",
          "pytorch_half_pixel",
          "align_corners",
          "asymmetric",
        ]),
    rounding: old
      ? "floor"
      : node.choice("nearest_mode", "round_prefer_floor", [
          "round_prefer_floor",
          "round_prefer_ceil",
          "floor",
          "ceil",
        ]),
  };
  return resized(node, sampling, scales && listOf(scales), sizes && listOf(sizes));
}

function runUpsample(node: OnnxNode): Operand {
  const mode = node.choice("mode", "nearest", ["nearest", "linear"]);
  const scales = node.floats("scales") ?? listOf(node.given(1, "scales"));
  return resized(
    node,
    { float32: true, mode, coordinates: "asymmetric", rounding: "floor" },
    scales,
    undefined,
  );
}

function resized(
  node: OnnxNode,
  sampling: Sampling,
  scales: readonly number[] | undefined,
  sizes: readonly number[] | undefined,
): Operand {
  const x = node.operand(0);
  if (!isActivation(x)) return node.ofConstants();
  const rank = x.dims.length;
  const axes = node.integers("axes") ?? x.dims.map((_, axis) => axis);
  const resolved = node.axes(axes, rank);
  const given = scales && scales.length > 0 ? scales : sizes;
  if (given?.length !== resolved.length)
    return node.reject(
      `scales or sizes are ${valueText(given ?? null)}, expected one for each of ${resolved.length} axes`,
    );
  const exact = (n: number): number => Math.floor(n + 1e-7);
  const lengths = x.dims.map((n, axis) => {
    const i = resolved.indexOf(axis);
    if (i < 0) return n;
    if (given === sizes) return axis === x.batch && given[i] === n * node.fixedBatch ? n : given[i];
    return exact(n * given[i]);
  });
  const factors = x.dims.map((n, axis) => {
    const i = resolved.indexOf(axis);
    return i >= 0 && given === scales ? given[i] : lengths[axis] / n;
  });
  if (lengths[x.batch] !== x.dims[x.batch]) node.mixesImages("it resizes");
  return resize(node, x, channelsFirst(rank), lengths, factors, sampling);
}

export const RESIZING: OnnxOperators = {
  Resize: operator(["Resize", "Gemm"], runResize),
  Upsample: operator(["Resize"], runUpsample),
};
