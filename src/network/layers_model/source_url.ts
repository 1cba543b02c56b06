import { ModelError } from "../../errors.js";
import { quoted, rejectModel, rejectSize } from "./failure.js";
import type { ModelSource, ReadOptions } from "./source.js";

/** A server may send without end; real topologies are a few megabytes. */
const LARGEST_JSON = 2 ** 28;

/**
 * A model on the web; see {@link ModelSource}. The query of `model.json`'s URL is kept for the weights (signed
 * URLs), as TensorFlow.js does.
 */
export function openUrl(url: URL, { signal, onRead }: ReadOptions): ModelSource {
  // Neither credentials nor a signature in the query belong in a message.
  const label = `${url.origin}${url.pathname}`;

  /** Passes an abort on, and says in one line what else went wrong. */
  function failure(error: unknown, what: string): unknown {
    if (signal?.aborted) return signal.reason;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return new ModelError(`loadLayersModel: ${label}: ${what} cannot be fetched (${firstLine(cause)})`);
  }

  async function* get(target: URL, what: string): AsyncGenerator<Uint8Array> {
    const response = await fetch(target, { signal }).catch((error: unknown) => {
      throw failure(error, what);
    });
    if (!response.ok) rejectModel(label, `${what} cannot be fetched (HTTP ${response.status})`);
    // A reader rather than the stream's own iterator, which some browsers lack.
    const reader = response.body?.getReader();
    if (!reader) return;
    const read = () =>
      reader.read().catch((error: unknown) => {
        throw failure(error, what);
      });
    try {
      for (let next = await read(); !next.done; next = await read()) yield next.value;
    } finally {
      // Leaving early ends the download.
      await reader.cancel().catch(() => undefined);
    }
  }

  return {
    label,
    async readJson() {
      const decoder = new TextDecoder();
      const parts: string[] = [];
      let bytes = 0;
      for await (const block of get(url, "the file")) {
        bytes += block.length;
        if (bytes > LARGEST_JSON)
          rejectModel(label, `it is longer than ${LARGEST_JSON} bytes, which no model.json is`);
        parts.push(decoder.decode(block, { stream: true }));
      }
      return parts.join("") + decoder.decode();
    },
    async readWeights(files, bytes) {
      const names = files.map((segments) => segments.join("/"));
      const blocks: Uint8Array[] = [];
      let found = 0;
      for (const [i, segments] of files.entries())
        for await (const block of get(weightsUrl(url, segments), `weights file ${quoted(names[i])}`)) {
          found += block.length;
          // Stop at the first byte too many: a server may send without end.
          if (found > bytes) rejectSize(label, names, `more than ${bytes}`, bytes);
          blocks.push(block);
          onRead?.(block.length);
        }
      if (found !== bytes) rejectSize(label, names, found, bytes);
      return concatenate(blocks, bytes);
    },
  };
}

/** URL of a weights file beside `model.json`, the query kept. */
export function weightsUrl(url: URL, segments: readonly string[]): URL {
  const target = new URL(segments.map(encodeSegment).join("/"), url);
  target.search = url.search;
  return target;
}

function concatenate(blocks: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(bytes);
  let offset = 0;
  for (const block of blocks) {
    joined.set(block, offset);
    offset += block.length;
  }
  return joined;
}

/** Escapes a segment that may be escaped already. */
function encodeSegment(segment: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(segment));
  } catch {
    return encodeURIComponent(segment);
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0];
}
