import { lowering as Add } from "../../../kernels/operators/add/lower_wasm.js";
import { lowering as AveragePool } from "../../../kernels/operators/average_pool/lower_wasm.js";
import { lowering as BatchNormalization } from "../../../kernels/operators/batch_normalization/lower_wasm.js";
import { lowering as Clip } from "../../../kernels/operators/clip/lower_wasm.js";
import { whole as Conv } from "../../../kernels/operators/conv/lower_wasm_whole.js";
import { lowering as Gemm } from "../../../kernels/operators/gemm/lower_wasm.js";
import { lowering as GlobalAveragePool } from "../../../kernels/operators/global_average_pool/lower_wasm.js";
import { lowering as MaxPool } from "../../../kernels/operators/max_pool/lower_wasm.js";
import type { Operator } from "../../../kernels/operators/operator.js";
import { lowering as Relu } from "../../../kernels/operators/relu/lower_wasm.js";
import type { Lowering } from "../../../kernels/wasm/lowering.js";
import type { FusedNetwork, FusedStep } from "../../../network/fuse.js";
import type { LoweredNetwork, LoweredStep } from "./lowered.js";

/** What plain networks of convolutions are made of: an engine of one loads no lowering besides. */
const PLAIN = {
  Add,
  AveragePool,
  BatchNormalization,
  Clip,
  Conv,
  Gemm,
  GlobalAveragePool,
  MaxPool,
  Relu,
} as const;

/** Every step with its lowering; those of all operators are loaded where one of them is not plain. */
export async function lowerAsNeeded(network: FusedNetwork): Promise<LoweredNetwork> {
  const steps: LoweredStep[] = [];
  for (const step of network.steps) {
    const lowering = plainLowering(step);
    if (!lowering) return (await import("./lowerings.js")).lower(network);
    steps.push({ ...step, lowering });
  }
  return { ...network, steps };
}

function plainLowering({ node }: FusedStep): Lowering<Operator> | undefined {
  if (node.op === "Conv" && node.groups > 1) return undefined;
  return (PLAIN as { readonly [name: string]: unknown })[node.op] as Lowering<Operator> | undefined;
}
