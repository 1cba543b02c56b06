import type { Case, Result } from "../case.js";
import { timed } from "../measure.js";
import type { Source } from "../networks.js";
import type { OpenPeer, PeerSession, ScriptPeer } from "./session.js";

/** What a peer is asked, by its process or its worker. */
export type PeerRequest =
  | {
      readonly do: "open";
      readonly peer: ScriptPeer;
      readonly network: string;
      readonly images: number;
      readonly threads: number;
    }
  | ({ readonly do: "prepare" } & Case)
  | { readonly do: "time"; readonly milliseconds: number };

export type PeerAnswer =
  | { readonly version: string }
  | { readonly result: Result; readonly how?: string }
  | { readonly samples: readonly number[] };

/**
 * The side of a peer that computes: loads the network by its name, prepares cases, keeps its own time.
 *
 * @returns answers one request; rejects with what went wrong
 */
export function peerAnswers(
  sources: readonly Source[],
  open: OpenPeer,
): (request: PeerRequest) => Promise<PeerAnswer> {
  let session: PeerSession | undefined;
  let call: () => Promise<Result> = () => Promise.reject(new Error("nothing was prepared"));
  return async (request) => {
    switch (request.do) {
      case "open": {
        const source = sources.find((s) => s.name === request.network);
        if (!source) throw new Error(`no network ${request.network}`);
        session = await open(request.peer, await source.load(request.images), request.threads);
        return { version: session.version };
      }
      case "prepare": {
        if (!session) throw new Error("no network was opened");
        const prepared = await session.prepare(request);
        call = prepared.call;
        return { result: await call(), how: prepared.how };
      }
      case "time":
        return { samples: await timed("peer", call, 0).sample(request.milliseconds) };
    }
  };
}

/** One line of what went wrong. */
export function complaintOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0].slice(0, 200);
}
