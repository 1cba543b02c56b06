import { fileURLToPath } from "node:url";
import type { BenchNetwork } from "../networks.js";
import { labelsOf, opsOf, type ScriptPeer } from "../peers/session.js";
import { Child, childContender } from "./child.js";
import type { Contender } from "./contender.js";

/** @throws Absent if the package is not installed, or cannot run the network */
export async function openNodePeer(
  network: BenchNetwork,
  peer: ScriptPeer,
  threads: number,
): Promise<Contender> {
  const program = fileURLToPath(new URL("./peer.mjs", import.meta.url));
  const { child, answer } = await Child.start(process.execPath, [program], async () => ({
    peer,
    network: network.name,
    images: network.images.count,
    threads,
  }));
  return childContender(child, network, labelsOf(peer, String(answer.version), threads), opsOf(peer));
}
