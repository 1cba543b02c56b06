import { ModelError } from "../../../errors.js";
import { longerThan, modelMessage, quoted, rejectModel, rejectSize } from "../failure.js";
import { concatenate, type ModelSource, type ReadOptions } from "./model_source.js";

/**
 * A model on the web; see {@link ModelSource}. The query of the main file's URL is kept for the others (signed
 * URLs), as TensorFlow.js does.
 */
export function openWeb(url: URL, { signal, onRead }: ReadOptions): ModelSource {
  // Neither credentials nor a signature in the query belong in a message.
  const label = `${url.origin}${url.pathname}`;

  /** Passes an abort on, and says in one line what else went wrong. */
  function failure(error: unknown, what: string): unknown {
    if (signal?.aborted) return signal.reason;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return new ModelError(modelMessage(label, `${what} cannot be fetched (${firstLine(cause)})`));
  }

  /** The blocks of a file; `missing` is called instead of an error where there is none. */
  async function* get(target: URL, what: string, missing?: () => void): AsyncGenerator<Uint8Array> {
    const response = await fetch(target, { signal }).catch((error: unknown) => {
      throw failure(error, what);
    });
    if (response.status === 404 && missing) return missing();
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
    remote: true,

    async read(limitOf) {
      const blocks: Uint8Array[] = [];
      let bytes = 0;
      let limit: number | undefined;
      for await (const block of get(url, "the file")) {
        limit ??= limitOf(block);
        bytes += block.length;
        if (bytes > limit) rejectModel(label, longerThan(limit));
        blocks.push(block);
      }
      return concatenate(blocks, bytes);
    },

    async readFiles(files, bytes) {
      const names = files.map((segments) => segments.join("/"));
      const blocks: Uint8Array[] = [];
      let found = 0;
      for (const [i, segments] of files.entries())
        for await (const block of get(besideUrl(url, segments), `weights file ${quoted(names[i])}`)) {
          found += block.length;
          // Stop at the first byte too many: a server may send without end.
          if (found > bytes) rejectSize(label, names, `more than ${bytes}`, bytes);
          blocks.push(block);
          onRead?.(block.length);
        }
      if (found !== bytes) rejectSize(label, names, found, bytes);
      return concatenate(blocks, bytes);
    },

    async readBeside(segments, most) {
      const name = quoted(segments.join("/"));
      const blocks: Uint8Array[] = [];
      let [found, missing] = [0, false];
      const isMissing = () => {
        missing = true;
      };
      for await (const block of get(besideUrl(url, segments), `file ${name}`, isMissing)) {
        found += block.length;
        if (found > most) rejectModel(label, `file ${name} ${longerThan(most)}`);
        blocks.push(block);
        onRead?.(block.length);
      }
      return missing ? undefined : concatenate(blocks, found);
    },
  };
}

/** URL of a file beside the main file, the query kept. */
export function besideUrl(url: URL, segments: readonly string[]): URL {
  const target = new URL(segments.map(encodeSegment).join("/"), url);
  target.search = url.search;
  return target;
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
