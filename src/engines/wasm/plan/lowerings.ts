import { isAbsent } from "../../../kernels/absent.js";
import type { Operator } from "../../../kernels/operators/operator.js";
import { wasm } from "../../../kernels/operators/wasm.generated.js";
import type { Lowering } from "../../../kernels/wasm/lowering.js";
import type { FusedStep } from "../../../network/fuse.js";

/**
 * The lowering of a step's operator. One without never arrives here: `fuse` makes it another name, or `buildNetwork`
 * refuses it; that it says so, `test/kernels/operators.test.ts` sees to.
 */
export function loweringOf({ node }: FusedStep): Lowering<Operator> {
  const lowering = wasm[node.op];
  if (isAbsent(lowering)) throw new Error(`wasm: no kernels for ${node.op}, ${lowering.absent}`);
  return lowering as Lowering<Operator>;
}
