import { isAbsent } from "../../kernels/absent.js";
import type { Operator } from "../../kernels/operators/operator.js";
import { webgpu } from "../../kernels/operators/webgpu.generated.js";
import type { Lowering } from "../../kernels/webgpu/lowering.js";
import type { FusedStep } from "../../network/fuse.js";

/**
 * The lowering of a step's operator. One without never arrives here: `fuse` makes it another name, or `buildNetwork`
 * refuses it; that it says so, `test/kernels/operators.test.ts` sees to.
 */
export function loweringOf({ node }: FusedStep): Lowering<Operator> {
  const lowering = webgpu[node.op];
  if (isAbsent(lowering)) throw new Error(`webgpu: no kernels for ${node.op}, ${lowering.absent}`);
  return lowering as Lowering<Operator>;
}
