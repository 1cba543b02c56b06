import { isAbsent } from "../../../kernels/absent.js";
import type { Operator } from "../../../kernels/operators/operator.js";
import { wasm } from "../../../kernels/operators/wasm.generated.js";
import type { Lowering } from "../../../kernels/wasm/lowering.js";
import type { FusedNetwork, FusedStep } from "../../../network/fuse.js";
import type { LoweredNetwork } from "./lowered.js";

/** Every step with its lowering, of all that there are. */
export function lower(network: FusedNetwork): LoweredNetwork {
  return { ...network, steps: network.steps.map((step) => ({ ...step, lowering: loweringOf(step) })) };
}

/**
 * The lowering of a step's operator. One without never arrives here: `fuse` makes it another name, or `buildNetwork`
 * refuses it; that it says so, `test/kernels/operators.test.ts` sees to.
 */
function loweringOf({ node }: FusedStep): Lowering<Operator> {
  const lowering = wasm[node.op];
  if (isAbsent(lowering)) throw new Error(`wasm: no kernels for ${node.op}, ${lowering.absent}`);
  return lowering as Lowering<Operator>;
}
