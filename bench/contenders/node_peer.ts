import { fileURLToPath } from "node:url";
import type { BenchNetwork } from "../networks.js";
import type { NodePeer } from "../peers/session.js";
import { Child, childContender } from "./child.js";
import type { Contender } from "./contender.js";

/** @throws Absent if the package is not installed, or cannot run the network */
export async function openNodePeer(
  network: BenchNetwork,
  peer: NodePeer,
  threads: number,
): Promise<Contender> {
  const program = fileURLToPath(new URL("./peer.mjs", import.meta.url));
  const { child, answer } = await Child.start(process.execPath, [program], async () => ({
    peer,
    network: network.name,
    images: network.images.count,
    threads,
  }));
  const [engine, ...backend] = peer.split("-");
  const name = [...backend, answer.version, threads === 1 ? undefined : `${threads}t`];
  return childContender(
    child,
    network,
    { engine, variant: name.filter(Boolean).join("-"), threads },
    peer === "onnxruntime" ? ["logits"] : ["logits", "jacobian", "gradient", "deepfool_step"],
  );
}
