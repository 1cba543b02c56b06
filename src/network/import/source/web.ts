import { ModelError } from "../../../errors.js";
import { longerThan, modelMessage, quoted, rejectModel, rejectSize } from "../failure.js";
import { concatenate, type ModelSource, type ReadOptions } from "./model_source.js";

/**
 * A model on the web; see {@link ModelSource}. The query of the main file's URL is kept for the others (signed
 * URLs), as TensorFlow.js does.
 */
export function openWeb(url: URL, { signal }: ReadOptions): ModelSource {
  // Neither credentials nor a signature in the query belong in a message.
  const label = `${url.origin}${url.pathname}`;

  /** Passes an abort on, and says in one line what else went wrong. */
  function failure(error: unknown, what: string): unknown {
    if (signal?.aborted) return signal.reason;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return new ModelError(modelMessage(label, `${what} cannot be fetched (${firstLine(cause)})`));
  }

  /** Asks for a file; undefined where there is none and that is no error. */
  async function ask(target: URL, what: string, optional = false): Promise<Response | undefined> {
    const response = await fetch(target, { signal }).catch((error: unknown) => {
      throw failure(error, what);
    });
    if (response.status === 404 && optional) return undefined;
    if (!response.ok) rejectModel(label, `${what} cannot be fetched (HTTP ${response.status})`);
    return response;
  }

  /** The blocks of a file. */
  async function* blocksOf(response: Response | undefined, what: string): AsyncGenerator<Uint8Array> {
    // A reader rather than the stream's own iterator, which some browsers lack.
    const reader = response?.body?.getReader();
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

    async read(limitOf, reading) {
      const response = await ask(url, "the file");
      const blocks: Uint8Array[] = [];
      let bytes = 0;
      let limit: number | undefined;
      for await (const block of blocksOf(response, "the file")) {
        limit ??= limitOf(block, sizeOf(response));
        bytes += block.length;
        if (bytes > limit) rejectModel(label, longerThan(limit));
        blocks.push(block);
        reading.add(block.length);
      }
      return concatenate(blocks, bytes);
    },

    async readFiles(files, bytes, reading) {
      const names = files.map((segments) => segments.join("/"));
      const blocks: Uint8Array[] = [];
      let found = 0;
      for (const [i, segments] of files.entries()) {
        const what = `weights file ${quoted(names[i])}`;
        for await (const block of blocksOf(await ask(besideUrl(url, segments), what), what)) {
          found += block.length;
          // Stop at the first byte too many: a server may send without end.
          if (found > bytes) rejectSize(label, names, `more than ${bytes}`, bytes);
          blocks.push(block);
          reading.add(block.length);
        }
      }
      if (found !== bytes) rejectSize(label, names, found, bytes);
      return concatenate(blocks, bytes);
    },

    async readBeside(segments, most, reading) {
      const what = `file ${quoted(segments.join("/"))}`;
      const response = await ask(besideUrl(url, segments), what, true);
      if (!response) return undefined;
      reading?.expect(sizeOf(response) ?? 0);
      const blocks: Uint8Array[] = [];
      let found = 0;
      for await (const block of blocksOf(response, what)) {
        found += block.length;
        if (found > most) rejectModel(label, `${what} ${longerThan(most)}`);
        blocks.push(block);
        reading?.add(block.length);
      }
      return concatenate(blocks, found);
    },
  };
}

/** How many bytes will come, where the server says so, of the file itself and not of a packed one. */
function sizeOf(response: Response | undefined): number | undefined {
  const { headers } = response ?? {};
  const length = headers?.get("content-encoding") ? null : headers?.get("content-length");
  return length && /^\d+$/.test(length) ? Number(length) : undefined;
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
