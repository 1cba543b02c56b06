/** The attacks' own kernels in WGSL. */
import { kernels, webgpu } from "../suites.mjs";

const wgslDeepfool = (file) => webgpu("kernels/deepfool_step", file, kernels("wgsl_deepfool"));

const gradientSum = webgpu("kernels/gradient_sum", "wgsl.ts", kernels("wgsl_gradient_sum"));

/** @type {import("../mutants.mjs").Mutant[]} */
export const mutants = [
  {
    ...webgpu("kernels/top_classes", "wgsl.ts", kernels("wgsl_top_classes")),
    name: "WGSL top classes: tie",
    what: "of equal scores the last comes first",
    from: "return a > b || (a == b && i < j);",
    to: "return a > b || (a == b && i > j);",
  },
  {
    ...webgpu("kernels/row_norms", "wgsl.ts", kernels("wgsl_row_norms")),
    name: "WGSL norms: pass",
    what: "a later pass writes over the norms of the first",
    from: "p.stride + call.first + group % call.lanes",
    to: "p.stride + group % call.lanes",
  },
  {
    ...wgslDeepfool("wgsl_choose.ts"),
    name: "WGSL choose: tie",
    what: "of equal distances the last is taken",
    from: "lanes[lane + width] < lanes[lane]",
    to: "lanes[lane + width] > lanes[lane]",
  },
  {
    ...wgslDeepfool("wgsl_judge.ts"),
    name: "WGSL judge: steps",
    what: "a step too many is taken",
    from: "s.x >= p.steps",
    to: "s.x > p.steps",
  },
  {
    ...wgslDeepfool("wgsl_step.ts"),
    name: "WGSL step: before",
    what: "r before the step is not kept",
    from: "before[to] = sum;",
    to: "before[to] = 0.0;",
  },
  {
    ...wgslDeepfool("wgsl_compact.ts"),
    name: "WGSL compact: scan",
    what: "the lists of later rounds of the scan begin anew",
    from: "let at = listed + sums[lane] - 1u;",
    to: "let at = sums[lane] - 1u;",
  },
  {
    ...webgpu("kernels/webgpu", "schedule.ts", kernels("wgsl_deepfool")),
    name: "WGSL schedule: fold",
    what: "more workgroups than fit one dimension are not folded",
    from: "let height = max(1u, (groups + 65534u) / 65535u);",
    to: "let height = 1u;",
  },
  {
    ...webgpu("kernels/universal_step", "wgsl_overshoot.ts", kernels("wgsl_universal")),
    name: "WGSL overshoot: undone",
    what: "a step that led nowhere is returned",
    from: "if ((state[n].z & UNDONE) != 0u) { sum = before[at]; }",
    to: "",
  },
  {
    ...webgpu("kernels/projection", "wgsl.ts", kernels("wgsl_universal")),
    name: "WGSL projection: inside",
    what: "a perturbation inside the ball is stretched to its surface",
    from: "factor[0] = min(1.0, p.inside * inverseSqrt(max(sums[0], 1.2e-38)));",
    to: "factor[0] = p.inside * inverseSqrt(max(sums[0], 1.2e-38));",
  },
  {
    ...gradientSum,
    name: "WGSL gradient sum: compensation",
    what: "what a rounding left out is taken away once more",
    from: "left = fma(fma(fma(next, -p.one, larger), p.one, smaller), p.one, left);",
    to: "left = fma(fma(fma(next, -p.one, larger), p.one, smaller), -p.one, left);",
  },
  {
    ...gradientSum,
    name: "WGSL gradient sum: larger",
    what: "the sum so far counts as the larger term, whatever is added",
    from: "let larger = select(g, sum, abs(sum) >= abs(g));",
    to: "let larger = sum;",
  },
  {
    ...gradientSum,
    name: "WGSL gradient sum: stride",
    what: "gradients are as far apart as there are images",
    from: "var g = gradient[n * p.units + u];",
    to: "var g = gradient[n * extent + u];",
  },
  {
    ...gradientSum,
    name: "WGSL gradient sum: image",
    what: "bounds hold for the image of the same number among those that run",
    from: "let x = images[slots[n] * p.units + u] + shift;",
    to: "let x = images[n * p.units + u] + shift;",
  },
  {
    ...gradientSum,
    name: "WGSL gradient sum: count",
    what: "the last image is left out",
    from: "for (var n = 0u; n < extent; n++) {",
    to: "for (var n = 0u; n + 1u < extent; n++) {",
  },
  {
    ...gradientSum,
    name: "WGSL gradient sum: bound",
    what: "a value at the lower bound is outside",
    from: "if (x < p.low || x > p.high) { g = 0.0; }",
    to: "if (x <= p.low || x > p.high) { g = 0.0; }",
  },
];
