import { planNetwork } from "../../src/engines/webgpu/plan.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import type { NetworkSpec } from "../../src/network/spec.js";

/**
 * A sample in which every operator and every kernel that the list takes on WebGPU occurs: the cases that bring one which
 * none before them brought; and of the others, whose kernels are compiled by then, every so many.
 *
 * @param every a prime, so that it does not walk in step with lists of sizes
 */
export function coveringSample<C extends { readonly spec: NetworkSpec }>(
  cases: readonly C[],
  every: number,
): C[] {
  const met = new Set<string>();
  return cases.filter(({ spec }, i) => {
    const before = met.size;
    for (const word of [...operatorsOf(spec), ...kernelsOf(spec)]) met.add(word);
    return met.size > before || i % every === 0;
  });
}

function operatorsOf({ nodes }: NetworkSpec): string[] {
  return nodes.map(({ op }) => `operator ${op}`);
}

/** Networks as small as those of the tests take small tiles. */
function kernelsOf(spec: NetworkSpec): string[] {
  const { shape } = spec.input;
  const plan = planNetwork(buildNetwork(spec), resolveInput(undefined, shape[shape.length - 1]));
  return [...plan.forward, ...plan.topClasses, ...plan.gradients].map(
    (dispatch) => `kernel ${(dispatch.small ?? dispatch).shader.name}`,
  );
}
