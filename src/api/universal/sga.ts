import { randomOrder } from "../random.js";
import { lengthOf } from "./ascent.js";
import type { RuleMaker } from "./rule.js";
import { entropyOf, type SgdSettings } from "./sgd.js";

export interface SgaSettings extends SgdSettings {
  /** b. */
  readonly innerBatch: number;
  /** K. */
  readonly innerPasses: number;
  /** mu. */
  readonly momentum: number;
}

/**
 * Stochastic gradient aggregation (Liu, Zhong, Zhang, Qin and Deng, ICCV 2023): small steps of `sgd` search ahead from v, and v
 * goes a step along the sum of their gradients. Of a batch S:
 *
 *     u = v; G = 0
 *     floor(K |S| / b) times, at least once:
 *       T = b distinct members of S (all, if there are fewer), drawn anew
 *       g = sum over T of grad_u min(CE(f(x + u), y), beta);   u = project(u + a sign(g));   G = G + g
 *     m = mu m + G / ||G||_1      where G = 0, m only decays
 *     v = project(v + a sign(m))
 *
 * With mu = 0 sign(m) is that of the sum. In the 2-norm steps are a g / ||g||_2 and a m / ||m||_2.
 */
export function sga({ a, beta, innerBatch, innerPasses, momentum }: SgaSettings): RuleMaker {
  return (images, random) => {
    const m = new Float64Array(images.size);
    return {
      async step(ascent, indices) {
        const ahead = ascent.from(ascent.v.slice());
        const drawn = Math.min(innerBatch, indices.length);
        const rounds = Math.max(1, Math.floor((innerPasses * indices.length) / innerBatch));
        const total = new Float64Array(images.size);
        const tally = { counted: 0, fooled: 0 };
        for (let round = 0; round < rounds; round++) {
          const some = randomOrder(indices.length, random)
            .subarray(0, drawn)
            .map((at) => indices[at]);
          const loss = entropyOf(images, some, beta);
          const { values, logits } = await images.gradient(some, images.gather(some), loss, ahead.v, true);
          const { counted, fooled } = images.tally(some, logits);
          tally.counted += counted;
          tally.fooled += fooled;
          const g = ascent.tiling.sum(Float64Array.from(values));
          ahead.step(g, a);
          for (let i = 0; i < total.length; i++) total[i] += g[i];
        }
        remember(m, total, momentum);
        return { gradients: rounds * drawn, updated: ascent.step(m, a), tally };
      },
    };
  };
}

/** m = mu m + g / ||g||_1; where g = 0, m only decays. */
export function remember(m: Float64Array, g: Float64Array, mu: number): void {
  const length = lengthOf(g, 1);
  for (let i = 0; i < m.length; i++) m[i] = mu * m[i] + (length > 0 ? g[i] / length : 0);
}
