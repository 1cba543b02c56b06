import { ModelError } from "../../api/errors.js";
import { quoted, rejectModel, rejectSize } from "./failure.js";
import type { ModelSource, ReadOptions } from "./source.js";

/**
 * A model on the web; see {@link ModelSource}. The query of `model.json`'s URL is kept for the weights (signed
 * URLs), as TensorFlow.js does.
 */
export function openUrl(url: URL, { signal, onRead }: ReadOptions): ModelSource {
  // Neither credentials nor a signature in the query belong in a message.
  const label = `${url.origin}${url.pathname}`;

  async function get(target: URL, what: string): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(target, { signal });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new ModelError(`loadLayersModel: ${label}: ${what} cannot be fetched (${firstLine(cause)})`);
    }
    if (!response.ok) rejectModel(label, `${what} cannot be fetched (HTTP ${response.status})`);
    return response;
  }

  return {
    label,
    async readJson() {
      return (await get(url, "the file")).text();
    },
    async readWeights(files, bytes) {
      const names = files.map((segments) => segments.join("/"));
      const blocks: Uint8Array[] = [];
      let found = 0;
      for (const [i, segments] of files.entries()) {
        const target = new URL(segments.map(encodeSegment).join("/"), url);
        target.search = url.search;
        const response = await get(target, `weights file ${quoted(names[i])}`);
        for await (const block of blocksOf(response)) {
          found += block.length;
          // Stop at the first byte too many: a server may send without end.
          if (found > bytes) {
            rejectSize(label, names, `more than ${bytes}`, bytes);
          }
          blocks.push(block);
          onRead?.(block.length);
        }
      }
      if (found !== bytes) rejectSize(label, names, found, bytes);
      return concatenate(blocks, bytes);
    },
  };
}

/** A reader rather than the stream's own iterator, which some browsers lack; leaving early cancels the download. */
async function* blocksOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) {
    yield new Uint8Array(await response.arrayBuffer());
    return;
  }
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
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
