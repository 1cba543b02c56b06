import type { Groups } from "../webgpu/dispatch.js";
import { type Shader, shader } from "../webgpu/shader.js";

const INVOCATIONS = 64;

/**
 * Adds the gradients of the running images to `total`, one image after the other, each unit by itself:
 *
 *     total[u] += gradient[n][u]      unless `bounded` and images[slots[n]][u] + v[u] lies outside [low, high]
 *
 * `total` is `[units]` pairs, the sum and what its roundings left out (Neumaier, 1974), so that the sum of both is rounded about
 * once whatever the number of images: error <= 2 u |sum| + O(N u^2) sum |g|, u = 2^-24. The order is that of the images, also
 * over several calls. `one` is 1: a compiler that knew it would cancel what is left out, as that of an NVIDIA GPU does. One invocation a unit: `groups` of {@link sumGroups}.
 */
export const gradientSumShader: Shader<"units" | "one" | "bounded" | "low" | "high"> = shader({
  name: "gradient_sum",
  params: { units: "u32", one: "f32", bounded: "u32", low: "f32", high: "f32" },
  reads: { gradient: "f32", images: "f32", v: "f32", slots: "u32" },
  writes: { total: "vec2f" },
  extent: "running",
  invocations: INVOCATIONS,
  groups: `(p.units + ${INVOCATIONS - 1}u) / ${INVOCATIONS}u`,
  body: `
  let u = group * ${INVOCATIONS}u + lane;
  if (u >= p.units) { return; }
  var sum = total[u].x;
  var left = total[u].y;
  let shift = v[u];
  for (var n = 0u; n < extent; n++) {
    var g = gradient[n * p.units + u];
    if (p.bounded != 0u) {
      let x = images[slots[n] * p.units + u] + shift;
      if (x < p.low || x > p.high) { g = 0.0; }
    }
    let next = fma(sum, p.one, g);
    let larger = select(g, sum, abs(sum) >= abs(g));
    let smaller = select(sum, g, abs(sum) >= abs(g));
    left = fma(fma(fma(next, -p.one, larger), p.one, smaller), p.one, left);
    sum = next;
  }
  total[u] = vec2f(sum, left);`,
});

/** As many workgroups for any number of images. */
export function sumGroups(units: number): Groups {
  return { rows: 1, tile: 2 ** 30, times: Math.ceil(units / INVOCATIONS) };
}
