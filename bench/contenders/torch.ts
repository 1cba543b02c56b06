import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchNetwork } from "../networks.js";
import { root } from "../node_files.js";
import { peerGraph } from "../peers/peer_graph.js";
import { Child, childContender, type Message } from "./child.js";
import type { Contender } from "./contender.js";

/** GFLOP/s of a matrix product below which the BLAS must be the unoptimised one. */
const SLOW_GEMM = 12;

/**
 * PyTorch on the same weights, if the `python3` on the path (or the one that PYTHON names) has it.
 *
 * @throws Absent otherwise, or where it has no such device
 */
export async function openTorch(
  network: BenchNetwork,
  threads: number,
  device: "cpu" | "cuda" = "cpu",
): Promise<Contender> {
  const program = ["--device", device];
  const { child, answer, suffix } = await startPython("pytorch.py", program, network, threads);
  const cuda = device === "cuda";
  // The BLAS is the CPU's.
  const name = cuda ? [device, answer.version] : [answer.version, ...suffix];
  const variant = name.join("-");
  return childContender(child, network, { engine: "torch", variant, threads }, [
    "logits",
    "jacobian",
    "gradient",
    "deepfool_step",
    "deepfool",
    "uap_pass",
  ]);
}

/**
 * Starts a peer of `bench/peers` in Python and hands it the network.
 *
 * @returns also what the name of a contender on the CPU ends in
 * @throws Absent if Python or what the peer imports is missing
 */
export async function startPython(
  file: string,
  options: readonly string[],
  network: BenchNetwork,
  threads: number,
): Promise<{ child: Child; answer: Message; suffix: readonly string[] }> {
  const python = process.env.PYTHON ?? "python3";
  const program = [`${root}bench/peers/${file}`, ...options];
  const { child, answer } = await Child.start(python, program, async (folder) => ({
    ...(await exportNetwork(network, folder)),
    threads,
  }));
  // No fair peer: with a reference BLAS PyTorch is ten times slower (on Debian, install libopenblas0).
  const slow = (answer.gemm as number) < SLOW_GEMM ? ["slowblas"] : [];
  return { child, answer, suffix: [...slow, ...(threads > 1 ? [`${threads}t`] : [])] };
}

/**
 * The simplified graph (batch norm folded) as JSON, `Order` where an image is brought into another order; arrays become
 * `[first, length]` in a file of float32.
 */
async function exportNetwork(
  { network, input }: BenchNetwork,
  folder: string,
): Promise<{ network: string; weights: string }> {
  const { steps, input: entry, output } = peerGraph(network);
  const arrays: Float32Array[] = [];
  let length = 0;
  const graph = {
    nodes: steps.map((step) =>
      step.kind === "operator"
        ? { ...step.node, channelsFirst: step.channelsFirst }
        : { op: "Order", name: step.name, inputs: [step.input], channelsFirst: step.channelsFirst },
    ),
    input: entry.name,
    shape: entry.shape,
    output,
    scale: input.scale,
    offset: input.offset,
  };
  const text = JSON.stringify(graph, (_, value: unknown) => {
    if (!(value instanceof Float32Array)) return value;
    const place = [length, value.length];
    arrays.push(value);
    length += value.length;
    return place;
  });
  const paths = { network: join(folder, "graph.json"), weights: join(folder, "weights.bin") };
  await writeFile(paths.network, text);
  await writeFile(
    paths.weights,
    arrays.map((a) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)),
  );
  return paths;
}
