import { broadcastAll, sumToShape } from "../arithmetic/broadcasting.js";
import { factorShare } from "../float32/product.js";
import { add, type Float32Rule, type Tie } from "../float32/rule.js";
import type { AnyOperator } from "../node.js";

/**
 * The largest (`sign` 1) or smallest (-1) of values: off by as much as one of them is; where another is as near to it as the
 * errors, who wins is a tie.
 */
export function extremeError<O extends AnyOperator>(sign: 1 | -1): Float32Rule<O> {
  return {
    forward: (node, inputs, value) => ({
      error: broadcastAll(
        node,
        inputs.map((x) => x.error),
      ).reduce((most, e) => most.map((v, i) => Math.max(v, e[i]))),
      magnitude: value.map(Math.abs),
    }),
    vjp(node, inputs) {
      const values = broadcastAll(
        node,
        inputs.map(({ value }) => value.map((v) => sign * v)),
      );
      const errors = broadcastAll(
        node,
        inputs.map((x) => x.error),
      );
      const winners = new Int32Array(values[0].length);
      const rivals = values.map((x) => new Uint8Array(x.length));
      const ties: Tie[] = [];
      for (let i = 0; i < winners.length; i++) {
        const most = Math.max(...values.map((x) => x[i]));
        const least = Math.max(...values.map((x, j) => x[i] - errors[j][i]));
        const near = values.flatMap((x, j) => (x[i] + errors[j][i] >= least ? [j] : []));
        winners[i] = values.findIndex((x) => x[i] === most);
        if (near.length === 1) continue;
        for (const j of near) rivals[j][i] = 1;
        ties.push({ node: node.name, unit: i, at: sign * most, error: errors[winners[i]][i] });
      }
      return {
        ties,
        shares: (g) =>
          inputs.map((_, j) => {
            const taken = Float64Array.from(winners, (winner) => (winner === j ? 1 : 0));
            const share = factorShare(node, j, g, { value: taken, most: taken, magnitude: taken }, 1);
            const open = g.value.map((v, i) => rivals[j][i] * (Math.abs(v) + g.error[i] + g.tied[i]));
            return { ...share, tied: add(share.tied, sumToShape(open, node.shape, node.inputShapes[j])) };
          }),
      };
    },
  };
}
