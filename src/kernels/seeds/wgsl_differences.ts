import { mapShader, type Shader } from "../webgpu/shader.js";

/**
 * Cotangents of the logits whose gradients are the differences w_k of a running image: lane l carries candidate
 * `call.first + 1 + l` less candidate 0.
 */
export const differenceSeedsShader: Shader<"units" | "candidates"> = mapShader<"candidates">({
  name: "deepfool_seeds",
  params: { candidates: "u32" },
  reads: { moves: "vec4u", candidates: "u32" },
  writes: { y: "f32" },
  extent: "cotangents",
  body: `
  let first = moves[n / call.lanes].x * p.candidates;
  let k = call.first + 1u + n % call.lanes;
  y[at] = select(0.0, 1.0, u == candidates[first + k]) - select(0.0, 1.0, u == candidates[first]);`,
});

/** The same for one lane, the difference that was chosen, where not all of them are in memory at once. */
export const chosenSeedsShader: Shader<"units" | "candidates"> = mapShader<"candidates">({
  name: "deepfool_chosen_seeds",
  params: { candidates: "u32" },
  reads: { moves: "vec4u", candidates: "u32" },
  writes: { y: "f32" },
  extent: "cotangents",
  body: `
  let taken = moves[n];
  let first = taken.x * p.candidates;
  let k = select(taken.y + 1u, 0u, taken.y == 0xffffffffu);
  y[at] = select(0.0, 1.0, u == candidates[first + k]) - select(0.0, 1.0, u == candidates[first]);`,
});
