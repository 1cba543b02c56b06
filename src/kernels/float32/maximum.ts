import type { AnyOperator, Node } from "../node.js";
import type { ReferenceOperator } from "../reference_operator.js";
import { add, type Float32Rule, type Tie, U } from "./rule.js";

export interface MaximumError<O extends AnyOperator> {
  readonly reference: ReferenceOperator<O>;
  /** For each unit of the output the units of the input that it is the largest of, in the order in which ties are broken. */
  readonly members: (node: Node<O>) => readonly (readonly number[])[];
}

/** A maximum: exact itself; where another unit is as near to it as the errors, who wins is a tie. */
export function maximum<O extends AnyOperator>({ reference, members }: MaximumError<O>): Float32Rule<O> {
  return {
    forward: (node, inputs, value) => ({
      error: reference.forward(
        node,
        inputs.map((x) => x.error),
      ),
      magnitude: value.map(Math.abs),
    }),
    vjp(node, [{ value: x, error }]) {
      const ties: Tie[] = [];
      const windows = members(node);
      const terms = windows.reduce((most, units) => Math.max(most, units.length), 0);
      const rivals = windows.map((units) => {
        const least = Math.max(...units.map((u) => x[u] - error[u]));
        const found = units.filter((u) => x[u] + error[u] >= least);
        const best = Math.max(...found.map((u) => x[u]));
        const winner = found.find((u) => x[u] === best) as number;
        if (found.length > 1)
          ties.push({ node: node.name, unit: winner, at: x[winner], error: error[winner] });
        return { winner, found };
      });
      /** Adds each output's value to its winner. */
      const route = (values: Float64Array): Float64Array => {
        const to = new Float64Array(x.length);
        rivals.forEach(({ winner }, output) => {
          to[winner] += values[output];
        });
        return to;
      };
      /** Adds it to everyone who may have won, where that is more than one. */
      const spread = (values: Float64Array): Float64Array => {
        const to = new Float64Array(x.length);
        rivals.forEach(({ found }, output) => {
          if (found.length > 1) for (const u of found) to[u] += values[output];
        });
        return to;
      };
      return {
        ties,
        shares(g) {
          const magnitude = route(g.value.map(Math.abs));
          return [
            {
              value: route(g.value),
              error: route(g.error).map((e, i) => e + terms * U * magnitude[i]),
              magnitude: route(g.magnitude),
              tied: add(route(g.tied), spread(g.value.map((v, i) => Math.abs(v) + g.error[i] + g.tied[i]))),
              terms,
            },
          ];
        },
      };
    },
  };
}
