import type { Result } from "../case.js";
import type { BenchNetwork } from "../networks.js";
import type { PeerAnswer, PeerRequest } from "../peers/answer.js";
import { labelsOf, opsOf, type ScriptPeer } from "../peers/session.js";
import { Absent, type Contender } from "./contender.js";

/**
 * A peer in a worker of its own, so that its backend, threads and heap are its own and it keeps its own time.
 *
 * @throws Absent if it cannot run here, or not the network
 */
export async function openWorkerPeer(
  { name: network, images }: BenchNetwork,
  peer: ScriptPeer,
  threads: number,
): Promise<Contender> {
  const worker = new Worker(new URL("../page/peer.ts", import.meta.url), { type: "module", name: peer });
  let version: string;
  try {
    const request = { do: "open", peer, network, images: images.count, threads } as const;
    ({ version } = (await ask(worker, request)) as { version: string });
  } catch (error) {
    worker.terminate();
    throw new Absent((error as Error).message);
  }
  const labels = labelsOf(peer, version, threads);
  const ops = opsOf(peer);
  return {
    ...labels,
    ours: false,
    async prepare(c) {
      if (!ops.includes(c.op)) return undefined;
      const { result, how } = (await ask(worker, { do: "prepare", ...c })) as {
        result: Result;
        how?: string;
      };
      return {
        result,
        how,
        timed: {
          name: `${labels.engine}/${labels.variant}`,
          warmUpMilliseconds: 300,
          sample: async (milliseconds) => {
            const { samples } = (await ask(worker, { do: "time", milliseconds })) as { samples: number[] };
            return samples;
          },
        },
      };
    },
    close: () => worker.terminate(),
  };
}

/** One request at a time. */
function ask(worker: Worker, request: PeerRequest): Promise<PeerAnswer> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<PeerAnswer | { readonly error: string }>) => {
      if ("error" in data) reject(new Error(data.error));
      else resolve(data);
    };
    worker.onerror = ({ message }) => reject(new Error(message || "the worker could not be loaded"));
    worker.postMessage(request);
  });
}
